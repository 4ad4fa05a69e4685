// Facts of a model of SmolLM2-135M's shape, without a file. Thread rule: stateless.
#pragma once

#include <string>

#include "engine/api/model_facts.h"

namespace tandem::test {

// Models of different digits have different sums.
inline ModelFacts small_model(char digit = 'a') {
    ModelFacts facts;
    facts.location = "models/small.gguf";
    facts.format = "gguf";
    facts.sha256 = std::string(64, digit);
    facts.shape = {.architecture = "llama",
                   .layers = 30,
                   .hidden = 576,
                   .heads = 9,
                   .kv_heads = 3,
                   .head_dim = 64,
                   .ffn = 1536,
                   .vocab = 49152,
                   .context = 8192,
                   .cache_per_token = 2 * 30 * 3 * 64};
    facts.parameters = 134'515'008;
    facts.weights_bytes = 91'000'000;
    return facts;
}

}  // namespace tandem::test
