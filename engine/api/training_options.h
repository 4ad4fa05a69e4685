// The knobs of training: plain structs with documented default, unit and source (field.h). Thread rule: plain data.
#pragma once

#include <cstdint>
#include <string>

#include "engine/api/field.h"

namespace tandem {

// How the learning rate goes after warming up.
enum class LearningRateShape { constant, linear, cosine };

template <>
struct EnumNames<LearningRateShape> {
    static constexpr std::array<std::pair<LearningRateShape, std::string_view>, 3> values{
        {{LearningRateShape::constant, "constant"},
         {LearningRateShape::linear, "linear"},
         {LearningRateShape::cosine, "cosine"}}};
};

struct OptimiserOptions {
    double learning_rate = 5e-4;
    double weight_decay = 0.01;
    double beta1 = 0.9;
    double beta2 = 0.999;
    double epsilon = 1e-8;
    double clip_norm = 1.0;
    LearningRateShape schedule = LearningRateShape::cosine;
    std::int64_t warmup_steps = 100;

    template <class Self, class Visitor>
    static void visit(Self& self, Visitor&& visitor) {
        visitor(FieldInfo{.name = "learning_rate", .doc = "Of AdamW, at its highest.", .min = 0, .max = 10},
                self.learning_rate);
        visitor(FieldInfo{.name = "weight_decay",
                          .doc = "Of matrices; norms, biases and tables of distances are never decayed.",
                          .source = "Loshchilov and Hutter 2019, algorithm 2",
                          .min = 0,
                          .max = 10},
                self.weight_decay);
        visitor(FieldInfo{.name = "beta1",
                          .doc = "Of the mean of gradients.",
                          .source = "Kingma and Ba 2015",
                          .min = 0,
                          .max = 0.9999999},
                self.beta1);
        visitor(FieldInfo{.name = "beta2",
                          .doc = "Of the mean of squared gradients.",
                          .source = "Kingma and Ba 2015",
                          .min = 0,
                          .max = 0.9999999},
                self.beta2);
        visitor(FieldInfo{.name = "epsilon", .doc = "Added to the root of the second mean.", .min = 0, .max = 1},
                self.epsilon);
        visitor(FieldInfo{.name = "clip_norm",
                          .doc = "Gradients whose norm over all parameters is larger are scaled down to it; 0: never.",
                          .source = "Pascanu et al. 2013",
                          .min = 0,
                          .max = 1e9},
                self.clip_norm);
        visitor(FieldInfo{.name = "schedule", .doc = "How the learning rate goes after warming up, to 0 at the end."},
                self.schedule);
        visitor(FieldInfo{.name = "warmup_steps",
                          .doc = "Steps over which the learning rate rises from 0.",
                          .unit = "steps",
                          .min = 0,
                          .max = 1000000000},
                self.warmup_steps);
    }
};

struct TrainingOptions {
    OptimiserOptions optimiser;
    std::int64_t steps = 0;
    std::int64_t epochs = 1;
    std::int64_t batch_tokens = 4096;
    std::int64_t batch_rows = 0;
    std::int64_t accumulation = 1;
    std::int64_t validate_every = 0;
    std::int64_t patience = 0;
    std::int64_t checkpoint_every = 500;
    std::int64_t keep_checkpoints = 2;

    template <class Self, class Visitor>
    static void visit(Self& self, Visitor&& visitor) {
        OptimiserOptions::visit(self.optimiser, visitor);
        visitor(FieldInfo{.name = "steps",
                          .doc = "Steps of the optimiser; 0: as many as the epochs have.",
                          .unit = "steps",
                          .min = 0,
                          .max = 1000000000},
                self.steps);
        visitor(FieldInfo{.name = "epochs",
                          .doc = "Passes over the data; not looked at where steps is set.",
                          .unit = "epochs",
                          .min = 1,
                          .max = 1000000},
                self.epochs);
        visitor(FieldInfo{.name = "batch_tokens",
                          .doc = "Most tokens of a batch, padding included; a longer example is a batch of its own.",
                          .unit = "tokens",
                          .min = 1,
                          .max = 16777216},
                self.batch_tokens);
        visitor(FieldInfo{.name = "batch_rows",
                          .doc = "Most examples of a batch; 0: as many as the tokens allow.",
                          .unit = "examples",
                          .min = 0,
                          .max = 1048576},
                self.batch_rows);
        visitor(FieldInfo{.name = "accumulation",
                          .doc = "Batches to a step of the optimiser; the loss is the mean over the tokens of all.",
                          .unit = "batches",
                          .min = 1,
                          .max = 65536},
                self.accumulation);
        visitor(FieldInfo{.name = "validate_every",
                          .doc = "Steps from one validation to the next; 0: at epochs' ends.",
                          .unit = "steps",
                          .min = 0,
                          .max = 1000000000},
                self.validate_every);
        visitor(FieldInfo{.name = "patience",
                          .doc = "Stop after so many validations in a row without a better score; 0: never.",
                          .unit = "validations",
                          .min = 0,
                          .max = 1000000},
                self.patience);
        visitor(FieldInfo{.name = "checkpoint_every",
                          .doc = "Steps from one checkpoint to the next; 0: at the end.",
                          .unit = "steps",
                          .min = 0,
                          .max = 1000000000,
                          .changes_result = false},
                self.checkpoint_every);
        visitor(FieldInfo{.name = "keep_checkpoints",
                          .doc = "Checkpoints kept beside the best one.",
                          .unit = "checkpoints",
                          .min = 2,
                          .max = 1000,
                          .changes_result = false},
                self.keep_checkpoints);
    }
};

}  // namespace tandem
