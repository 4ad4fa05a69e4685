// What can be said of a model without loading its weights: shape, size, sum. Filled by engine/models/inspect (no torch)
// and consumed by planning (memory and time estimates) and by `tandem model info`. Thread rule: plain data.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace tandem {

struct ModelShape {
    std::string architecture;  // registry name of the family, as in "llama"
    std::int64_t layers = 0;
    std::int64_t hidden = 0;
    std::int64_t heads = 0;
    std::int64_t kv_heads = 0;
    std::int64_t head_dim = 0;
    std::int64_t ffn = 0;  // intermediate width of the feed-forward block
    std::int64_t vocab = 0;
    std::int64_t context = 0;  // longest position the model was trained for
    bool tied_embeddings = false;
    bool attention_bias = false;  // query, key, value and output products add a bias
    bool mlp_bias = false;        // the feed-forward products too
    double norm_epsilon = 1e-5;
    double rope_theta = 10000;
    // Stretching of rotary frequencies: "" (none), "linear", "llama3" (Llama 3.1's frequency bands, described by the
    // three numbers after the factor, which mean nothing otherwise) or "factors" (a GGUF of Llama 3: its tensor
    // rope_freqs.weight [head_dim / 2] holds what each frequency is divided by).
    std::string rope_scaling_type;
    double rope_scaling_factor = 1;
    double rope_low_freq_factor = 1;
    double rope_high_freq_factor = 4;
    std::int64_t rope_original_context = 0;
};

struct ModelFacts {
    std::string location;
    std::string format;  // "gguf", "safetensors", "random"
    std::string sha256;
    ModelShape shape;
    std::int64_t parameters = 0;
    std::int64_t weights_bytes = 0;                       // as stored
    std::map<std::string, std::int64_t> bytes_by_part;    // embedding, attention, mlp, norm, output
    std::map<std::string, std::int64_t> tensors_by_type;  // "Q4_1" -> count
    std::string tokenizer;                                // "byte-level BPE (smollm)"; empty: none found
    bool has_chat_template = false;
    std::string licence;  // as the file says; empty: not said
    std::vector<std::string> warnings;
};

}  // namespace tandem
