// The workloads over a set of pairs (source, target): evaluate answers the sources and scores the answers, train learns
// the targets and then does the same. What both share is declared once, so that their scores compare.
// Thread rule: plain data.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/api/data_file.h"
#include "engine/api/field.h"
#include "engine/api/options.h"
#include "engine/api/prefix_reuse.h"
#include "engine/api/training_options.h"

namespace tandem {

// What becomes of a pair that is longer than allowed.
enum class TooLong { refuse, drop, cut };

template <>
struct EnumNames<TooLong> {
    static constexpr std::array<std::pair<TooLong, std::string_view>, 3> values{
        {{TooLong::refuse, "refuse"}, {TooLong::drop, "drop"}, {TooLong::cut, "cut"}}};
};

// How a source is put to the pairing, and how its answers are scored.
struct TaskOptions {
    DataFile test;
    std::int64_t test_rows = 0;
    std::string prompt = "{source}";
    bool chat = false;
    std::string system;
    std::vector<std::string> scores{"rouge1", "rouge2", "rougeL", "bleu", "chrf", "exact_match"};
    std::int64_t resamples = 1000;
    PrefixReuse prefix_reuse = PrefixReuse::off;
    GenerationOptions generation;

    template <class Self, class Visitor>
    static void visit(Self& self, Visitor&& visitor) {
        visitor(FieldInfo{.name = "test",
                          .doc = "JSONL file of source and target whose answers are scored in the end; relative to the "
                                 "file that says it, or of a data set in Tandem's data folder."},
                self.test);
        visitor(FieldInfo{.name = "test_rows",
                          .doc = "So many of its first pairs; 0: all.",
                          .unit = "examples",
                          .min = 0,
                          .max = 1e9},
                self.test_rows);
        visitor(
            FieldInfo{.name = "prompt", .doc = "What the model is given, with {source} once where the source stands."},
            self.prompt);
        visitor(FieldInfo{.name = "chat",
                          .doc = "Put it through the model's chat template as a user's message, if it has one."},
                self.chat);
        visitor(FieldInfo{.name = "system",
                          .doc = "System message for the chat template; empty leaves the template's own."},
                self.system);
        visitor(FieldInfo{.name = "scores",
                          .doc = "Scores of the answers, as docs/formats/scores.md names them; perplexity and "
                                 "bits_per_byte are of the targets under the model."},
                self.scores);
        visitor(FieldInfo{.name = "resamples",
                          .doc = "Bootstrap samples of each score's 95 % interval; 0: no interval.",
                          .source = "Efron 1979",
                          .min = 0,
                          .max = 1000000},
                self.resamples);
        visitor(FieldInfo{.name = "prefix_reuse",
                          .doc = "What a decoder that reads prompts (one model alone, or one that guides) keeps of a "
                                 "prompt for the next one that begins alike: nothing; whole passes, which changes no "
                                 "number; or all shared tokens, which can change the last bits. Times to first token "
                                 "are then of the rest."},
                self.prefix_reuse);
        GenerationOptions::visit(self.generation, visitor);
    }
};

// Answers the test set and scores the answers.
struct EvaluateWorkload {
    TaskOptions task;

    template <class Self, class Visitor>
    static void visit(Self& self, Visitor&& visitor) {
        TaskOptions::visit(self.task, visitor);
    }
};

// What of the model that writes is trained. A projector or a soft prompt is always trained.
enum class Trainable { full, lora, none };

template <>
struct EnumNames<Trainable> {
    static constexpr std::array<std::pair<Trainable, std::string_view>, 3> values{
        {{Trainable::full, "full"}, {Trainable::lora, "lora"}, {Trainable::none, "none"}}};
};

enum class TrainPrecision { f32, bf16 };

template <>
struct EnumNames<TrainPrecision> {
    static constexpr std::array<std::pair<TrainPrecision, std::string_view>, 2> values{
        {{TrainPrecision::f32, "f32"}, {TrainPrecision::bf16, "bf16"}}};
};

enum class Labels { gold, llm };

template <>
struct EnumNames<Labels> {
    static constexpr std::array<std::pair<Labels, std::string_view>, 2> values{
        {{Labels::gold, "gold"}, {Labels::llm, "llm"}}};
};

// How the large model's vectors are kept on disk, so that it reads each prompt once.
enum class VectorCache { off, f32, f16, int8 };

template <>
struct EnumNames<VectorCache> {
    static constexpr std::array<std::pair<VectorCache, std::string_view>, 4> values{
        {{VectorCache::off, "off"}, {VectorCache::f32, "f32"}, {VectorCache::f16, "f16"}, {VectorCache::int8, "int8"}}};
};

// Trains the pairing on pairs, then evaluates it as EvaluateWorkload does. The result lies in the trial's folder.
struct TrainWorkload {
    DataFile train;
    DataFile validation;
    std::int64_t train_rows = 0;
    std::int64_t validation_rows = 200;
    std::int64_t max_source_tokens = 512;
    std::int64_t max_target_tokens = 128;
    TooLong too_long = TooLong::cut;
    std::optional<Trainable> trainable;  // not given: default_trainable() of the pairing's method
    std::int64_t lora_rank = 8;
    double lora_alpha = 16;
    TrainPrecision precision = TrainPrecision::f32;
    bool gradient_checkpointing = false;
    Labels labels = Labels::gold;
    std::string labels_from;    // a model of the experiment; Job::labeller says where it lies
    std::string labels_prompt;  // empty: the pairing's llm_prompt, or nothing around the prompt
    VectorCache vector_cache = VectorCache::f32;
    std::string best_by = "loss";
    std::int64_t previews = 2;
    TrainingOptions training;
    TaskOptions task;

    template <class Self, class Visitor>
    static void visit(Self& self, Visitor&& visitor) {
        visitor(FieldInfo{.name = "train", .doc = "JSONL file of source and target that is learned from."}, self.train);
        visitor(
            FieldInfo{.name = "validation",
                      .doc = "JSONL file of source and target by which the best step is chosen; none: the last step "
                             "is kept."},
            self.validation);
        visitor(FieldInfo{.name = "train_rows",
                          .doc = "So many of the first pairs to learn from; 0: all.",
                          .unit = "examples",
                          .min = 0,
                          .max = 1e9},
                self.train_rows);
        visitor(FieldInfo{.name = "validation_rows",
                          .doc = "So many of the first pairs to validate with; 0: all.",
                          .unit = "examples",
                          .min = 0,
                          .max = 1e9},
                self.validation_rows);
        visitor(FieldInfo{.name = "max_source_tokens",
                          .doc = "Most tokens of a prompt in training, as the model that writes reads it.",
                          .unit = "tokens",
                          .min = 1,
                          .max = 1048576},
                self.max_source_tokens);
        visitor(FieldInfo{.name = "max_target_tokens",
                          .doc = "Most tokens of a target in training, its end of text not counted.",
                          .unit = "tokens",
                          .min = 1,
                          .max = 1048576},
                self.max_target_tokens);
        visitor(FieldInfo{.name = "too_long",
                          .doc = "What becomes of a longer pair: the text is cut, the pair is left out, or the run is "
                                 "refused before it begins."},
                self.too_long);
        visitor(FieldInfo{.name = "trainable",
                          .doc = "What of the model that writes is trained: all of it, low-rank pairs beside its "
                                 "matrices, or nothing but the projector or soft prompt. Not given: none of a "
                                 "prompt-tuning pairing, of others full."},
                self.trainable);
        visitor(FieldInfo{.name = "lora_rank",
                          .doc = "Rank of the pairs where trainable is lora.",
                          .source = "Hu et al. 2022",
                          .min = 1,
                          .max = 4096},
                self.lora_rank);
        visitor(FieldInfo{.name = "lora_alpha",
                          .doc = "Their product is scaled by alpha / rank.",
                          .source = "Hu et al. 2022",
                          .min = 1e-6,
                          .max = 1e6},
                self.lora_alpha);
        visitor(FieldInfo{.name = "precision", .doc = "Number format of what is trained; AdamW's means are f32."},
                self.precision);
        visitor(FieldInfo{.name = "gradient_checkpointing",
                          .doc = "Keep only what goes into each layer and compute the layer again for its gradients: "
                                 "less memory, more time, the same numbers.",
                          .source = "Chen et al. 2016"},
                self.gradient_checkpointing);
        visitor(FieldInfo{.name = "labels",
                          .doc = "What is learned: the targets of the file, or the large model's answers to the "
                                 "sources (sequence-level distillation).",
                          .source = "Kim and Rush 2016"},
                self.labels);
        visitor(FieldInfo{.name = "labels_from",
                          .doc = "The model whose answers labels llm learns; not given: the pairing's large model.",
                          .changes_result = false},  // the model does, and only where labels are llm
                self.labels_from);
        visitor(FieldInfo{.name = "labels_prompt",
                          .doc = "What that model reads, with {prompt} once where the prompt stands; not given: the "
                                 "pairing's llm_prompt, or the prompt alone.",
                          .changes_result = false},  // likewise
                self.labels_prompt);
        visitor(FieldInfo{.name = "vector_cache",
                          .doc = "Keep what the large model makes of each prompt on disk, in this format, and never "
                                 "run it again for the same prompt; off runs it in every step."},
                self.vector_cache);
        visitor(
            FieldInfo{.name = "best_by",
                      .doc = "What chooses the best step: loss, or one of the scores, of the validation's answers."},
            self.best_by);
        visitor(FieldInfo{.name = "previews",
                          .doc = "Answers shown at each validation, to its first sources.",
                          .min = 0,
                          .max = 100,
                          .changes_result = false},
                self.previews);
        TrainingOptions::visit(self.training, visitor);
        TaskOptions::visit(self.task, visitor);
    }
};

}  // namespace tandem
