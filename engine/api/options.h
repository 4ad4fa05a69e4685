// The knobs of a trial: plain structs with documented default, unit and source. Declared here once; see field.h.
// Thread rule: plain data.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/api/field.h"

namespace tandem {

// The number format weights are held and multiplied in.
enum class Dtype {
    native,  // as the file stores them: quantised blocks stay quantised, floats stay floats
    f32,
    bf16,
    f16,
    int8,  // quantised at load in blocks of 32 with one f16 scale (GGUF Q8_0)
    int4,  // quantised at load in blocks of 32 with one f16 scale (GGUF Q4_0)
};

template <>
struct EnumNames<Dtype> {
    static constexpr std::array<std::pair<Dtype, std::string_view>, 6> values{{{Dtype::native, "native"},
                                                                               {Dtype::f32, "f32"},
                                                                               {Dtype::bf16, "bf16"},
                                                                               {Dtype::f16, "f16"},
                                                                               {Dtype::int8, "int8"},
                                                                               {Dtype::int4, "int4"}}};
};

// What becomes of a model's adapter.
enum class AdapterMode {
    runtime,  // its products are added to those of the weights, which stay as they are
    merge,    // its products are added to the weights once
};

template <>
struct EnumNames<AdapterMode> {
    static constexpr std::array<std::pair<AdapterMode, std::string_view>, 2> values{
        {{AdapterMode::runtime, "runtime"}, {AdapterMode::merge, "merge"}}};
};

// How a model is brought into memory.
struct LoadOptions {
    Dtype dtype = Dtype::native;
    std::int64_t context = 0;
    AdapterMode adapter_mode = AdapterMode::runtime;

    template <class Self, class Visitor>
    static void visit(Self& self, Visitor&& visitor) {
        visitor(FieldInfo{.name = "dtype",
                          .doc = "Number format of the weights in memory; native keeps what the file stores.",
                          .source = "llama-bench reports the same as model type"},
                self.dtype);
        visitor(FieldInfo{.name = "context",
                          .doc = "Slots of the static KV cache; 0 takes as many as the trial needs.",
                          .unit = "tokens",
                          .min = 0,
                          .max = 16777216},
                self.context);
        visitor(FieldInfo{.name = "adapter_mode",
                          .doc = "Of a model with an adapter: runtime adds its products to those of the weights, which "
                                 "stay as they are; merge adds it to the weights once, and those it changes are held "
                                 "dense where they were quantised.",
                          .source = "Hu et al. 2022, section 4.1"},
                self.adapter_mode);
    }
};

// How the next token is chosen and when generation stops.
struct GenerationOptions {
    std::int64_t max_new_tokens = 64;
    std::int64_t min_new_tokens = 0;
    bool greedy = true;
    double temperature = 1.0;
    std::int64_t top_k = 0;
    double top_p = 1.0;
    double min_p = 0.0;
    double repetition_penalty = 1.0;
    std::int64_t beams = 1;
    double length_penalty = 1.0;
    bool early_stopping = false;
    bool ignore_eos = false;
    std::vector<std::string> stop;

    template <class Self, class Visitor>
    static void visit(Self& self, Visitor&& visitor) {
        visitor(FieldInfo{.name = "max_new_tokens",
                          .doc = "Stop after this many tokens.",
                          .unit = "tokens",
                          .min = 1,
                          .max = 1048576},
                self.max_new_tokens);
        visitor(FieldInfo{.name = "min_new_tokens",
                          .doc = "End-of-text is not chosen before this many tokens.",
                          .unit = "tokens",
                          .min = 0,
                          .max = 1048576},
                self.min_new_tokens);
        visitor(FieldInfo{.name = "greedy", .doc = "Always take the most probable token; false samples."}, self.greedy);
        visitor(FieldInfo{.name = "temperature",
                          .doc = "Divides the logits before sampling; below 1 sharpens.",
                          .min = 1e-4,
                          .max = 100},
                self.temperature);
        visitor(FieldInfo{.name = "top_k",
                          .doc = "Sample among the k most probable tokens; 0 keeps all.",
                          .unit = "tokens",
                          .min = 0,
                          .max = 16777216},
                self.top_k);
        visitor(FieldInfo{.name = "top_p",
                          .doc = "Sample among the fewest tokens whose probability reaches p; 1 keeps all.",
                          .source = "Holtzman et al. 2020, nucleus sampling",
                          .min = 0,
                          .max = 1},
                self.top_p);
        visitor(FieldInfo{.name = "min_p",
                          .doc = "Drop tokens below this fraction of the best token's probability; 0 keeps all.",
                          .source = "Nguyen et al. 2024, min-p sampling",
                          .min = 0,
                          .max = 1},
                self.min_p);
        visitor(FieldInfo{.name = "repetition_penalty",
                          .doc = "Divides positive and multiplies negative logits of tokens already seen; 1 is off.",
                          .source = "Keskar et al. 2019, CTRL, section 4.1",
                          .min = 0.01,
                          .max = 100},
                self.repetition_penalty);
        visitor(
            FieldInfo{.name = "beams",
                      .doc = "Answers that are kept side by side, the most probable whole one being given; 1 searches "
                             "nothing.",
                      .source = "transformers num_beams",
                      .min = 1,
                      .max = 1024},
            self.beams);
        visitor(FieldInfo{.name = "length_penalty",
                          .doc = "Of beams: a whole answer's log-likelihood is divided by its length to this power.",
                          .source = "transformers length_penalty",
                          .min = -100,
                          .max = 100},
                self.length_penalty);
        visitor(
            FieldInfo{.name = "early_stopping",
                      .doc = "Of beams: stop as soon as there are so many whole answers; else when no better one can "
                             "come.",
                      .source = "transformers early_stopping"},
            self.early_stopping);
        visitor(FieldInfo{.name = "ignore_eos", .doc = "Go on past end-of-text; for timing a fixed number of tokens."},
                self.ignore_eos);
        visitor(FieldInfo{.name = "stop", .doc = "Stop before any of these strings; they are not part of the output."},
                self.stop);
    }
};

}  // namespace tandem
