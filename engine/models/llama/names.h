// What the tensors of a Llama checkpoint are called: the one place that knows. Thread rule: stateless.
#pragma once

#include <cstdint>
#include <string>

namespace tandem::llama {

// GGUF as llama.cpp's converter writes it; folders as transformers' LlamaForCausalLM saves them.
enum class Naming { gguf, hugging_face };

// Without ".weight" or ".bias".
struct LayerNames {
    std::string attention_norm;
    std::string query;
    std::string key;
    std::string value;
    std::string attention_output;
    std::string mlp_norm;
    std::string gate;
    std::string up;
    std::string down;
};

struct ModelNames {
    std::string embedding;
    std::string final_norm;
    std::string output;
};

ModelNames model_names(Naming naming);
LayerNames layer_names(Naming naming, std::int64_t layer);

}  // namespace tandem::llama
