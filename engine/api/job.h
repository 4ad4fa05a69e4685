// A job is one trial as the engine sees it: what to load, where, and what to do. Plain data that crosses the wire.
// Thread rule: plain data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/api/field.h"
#include "engine/api/options.h"
#include "engine/api/pairing.h"
#include "engine/api/task_workloads.h"

namespace tandem {

// The part of a target that the engine needs.
struct DeviceOptions {
    std::string device = "cpu";
    std::int64_t threads = 0;
    std::int64_t memory_limit_bytes = 0;

    template <class Self, class Visitor>
    static void visit(Self& self, Visitor&& visitor) {
        visitor(FieldInfo{.name = "device", .doc = "cpu, or cuda:N where libtorch was built with CUDA."}, self.device);
        visitor(FieldInfo{.name = "threads",
                          .doc = "Compute threads; 0 takes one for each core.",
                          .unit = "threads",
                          .min = 0,
                          .max = 1024},
                self.threads);
        visitor(
            FieldInfo{
                .name = "memory_limit_bytes",
                .doc = "The worker may not use more memory than this; 0 sets no limit. Written as a number or as 4GiB.",
                .unit = "bytes",
                .min = 0,
                .max = 1e15},
            self.memory_limit_bytes);
    }
};

// Answers prompts; every token is an observation with its time.
struct GenerateWorkload {
    std::vector<std::string> prompts;
    bool chat = true;
    std::string system;
    GenerationOptions generation;

    template <class Self, class Visitor>
    static void visit(Self& self, Visitor&& visitor) {
        visitor(FieldInfo{.name = "prompts", .doc = "The texts to continue or answer, in order."}, self.prompts);
        visitor(
            FieldInfo{.name = "chat",
                      .doc = "Put each prompt through the model's chat template as a user's message, if it has one."},
            self.chat);
        visitor(FieldInfo{.name = "system",
                          .doc = "System message for the chat template; empty leaves the template's own."},
                self.system);
        GenerationOptions::visit(self.generation, visitor);
    }
};

// Times prefill and decode on a synthetic prompt of fixed length (random token ids by seed), as llama-bench does.
struct BenchmarkWorkload {
    std::int64_t prompt_tokens = 512;
    std::int64_t new_tokens = 64;
    std::int64_t repetitions = 5;
    std::int64_t warmup = 1;
    std::int64_t delay_ms = 0;
    PrefixReuse prefix_reuse = PrefixReuse::off;

    template <class Self, class Visitor>
    static void visit(Self& self, Visitor&& visitor) {
        visitor(FieldInfo{.name = "prompt_tokens",
                          .doc = "Length of the synthetic prompt.",
                          .unit = "tokens",
                          .min = 1,
                          .max = 16777216},
                self.prompt_tokens);
        visitor(FieldInfo{.name = "new_tokens",
                          .doc = "Tokens generated after the prompt; end-of-text is ignored.",
                          .unit = "tokens",
                          .min = 1,
                          .max = 1048576},
                self.new_tokens);
        visitor(FieldInfo{.name = "repetitions", .doc = "Timed repetitions.", .unit = "runs", .min = 1, .max = 100000},
                self.repetitions);
        visitor(FieldInfo{.name = "warmup",
                          .doc = "Repetitions before them that are not counted.",
                          .unit = "runs",
                          .min = 0,
                          .max = 1000},
                self.warmup);
        visitor(FieldInfo{.name = "delay_ms",
                          .doc = "Pause before each repetition, for devices that heat up.",
                          .unit = "ms",
                          .min = 0,
                          .max = 3600000},
                self.delay_ms);
        visitor(FieldInfo{.name = "prefix_reuse",
                          .doc = "As evaluate has it, from one repetition to the next, which read the same prompt; off "
                                 "times the whole prompt in each."},
                self.prefix_reuse);
    }
};

// One forward pass over given ids; the logits come back as the artefact "logits.safetensors", tensor "logits", f32 [T,
// V]. T counts ids, of an encoder-decoder those of its decoder.
struct LogitsWorkload {
    std::vector<std::int64_t> ids;
    std::vector<std::int64_t> decoder_ids;

    template <class Self, class Visitor>
    static void visit(Self& self, Visitor&& visitor) {
        visitor(
            FieldInfo{
                .name = "ids", .doc = "Token ids, at least one; an encoder-decoder encodes them.", .unit = "tokens"},
            self.ids);
        visitor(
            FieldInfo{.name = "decoder_ids",
                      .doc = "Ids of an encoder-decoder's target, which get the logits; empty takes the model's own "
                             "start of a target. Refused by other models.",
                      .unit = "tokens"},
            self.decoder_ids);
    }
};

// Vectors of pictures by a vision encoder; they come back as the artefact "embeddings.safetensors" with tensors
// "hidden", f32 [views, tokens, hidden], and, where the model pools and no layer is asked for, "pooled", f32 [views,
// size]. A picture is one view, or more where the model's pre-processing cuts tiles.
struct EmbedWorkload {
    std::vector<std::string> images;
    std::optional<std::int64_t> layer;

    template <class Self, class Visitor>
    static void visit(Self& self, Visitor&& visitor) {
        visitor(
            FieldInfo{.name = "images",
                      .doc = "PNG and JPEG files, at least one, as paths on the machine that runs the trial. A trial "
                             "is known by the paths, not by what is in the files."},
            self.images);
        visitor(
            FieldInfo{.name = "layer",
                      .doc = "Take what so many layers make, before any last norm, and pool nothing: 0 is what goes "
                             "into the first, -1 what the last gives, -2 the one before it. Not given: the model's "
                             "own output.",
                      .min = -1024,
                      .max = 1024},
            self.layer);
    }
};

// Loads no model and computes nothing: measures what Tandem itself costs.
struct NullWorkload {
    std::int64_t observations = 0;
    std::int64_t interval_us = 0;

    template <class Self, class Visitor>
    static void visit(Self& self, Visitor&& visitor) {
        visitor(FieldInfo{.name = "observations", .doc = "Observations to send.", .min = 0, .max = 1e9},
                self.observations);
        visitor(
            FieldInfo{
                .name = "interval_us", .doc = "Pause before each observation.", .unit = "us", .min = 0, .max = 1e9},
            self.interval_us);
    }
};

using Workload = std::variant<GenerateWorkload, BenchmarkWorkload, LogitsWorkload, EmbedWorkload, EvaluateWorkload,
                              TrainWorkload, NullWorkload>;

// The word for each alternative in YAML ("kind"), tables and windows, in the variant's order.
inline constexpr std::array<std::string_view, 7> workload_kinds{"generate", "benchmark", "logits", "embed",
                                                                "evaluate", "train",     "null"};
static_assert(workload_kinds.size() == std::variant_size_v<Workload>);

inline std::string_view workload_kind(const Workload& workload) {
    return workload_kinds[workload.index()];
}

// True where time is the result: another machine's is another trial's.
inline bool is_timing(const Workload& workload) {
    return std::holds_alternative<BenchmarkWorkload>(workload);
}

// True where other work on the machine would falsify what is measured: such trials run alone and in a fresh worker.
// Evaluating and training measure times beside scores, which are the same on every machine.
inline bool runs_alone(const Workload& workload) {
    return is_timing(workload) || std::holds_alternative<EvaluateWorkload>(workload) ||
           std::holds_alternative<TrainWorkload>(workload);
}

// What of the model that writes is trained where an experiment does not say: a soft prompt learns alone (Lester et al.
// 2021), a projector with its model (Bergner et al. 2024).
constexpr Trainable default_trainable(PairingMethod method) {
    return method == PairingMethod::prompt_tuning ? Trainable::none : Trainable::full;
}

constexpr Trainable trainable_of(const TrainWorkload& workload, PairingMethod method) {
    return workload.trainable.value_or(default_trainable(method));
}

// Where a trial may write on the machine that runs it. No part of its identity.
struct JobPlace {
    std::string work;   // the trial's own folder: checkpoints, what it trained; kept between attempts
    std::string cache;  // shared by trials: what can be computed again, by the hash of what it was computed from
};

struct Job {
    Pairing pairing;
    ModelRef labeller;  // train with labels llm: the model named in labels_from; no location: the pairing's partner
    DeviceOptions device;
    LoadOptions load;
    Workload workload;
    std::uint64_t seed = 0;
    JobPlace place;
};

}  // namespace tandem
