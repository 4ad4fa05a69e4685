// What can be said of a model without loading its weights: shape, size, sum. Filled by engine/models/inspect (no torch)
// and consumed by planning (memory and time estimates) and by `tandem model info`. Thread rule: plain data.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace tandem {

// What a model takes and gives: a decoder continues tokens; an encoder-decoder reads a source and writes a target; a
// vision encoder turns pictures into vectors.
enum class ModelKind { decoder, encoder_decoder, vision_encoder };

// Everything about a shape that only its family understands; each family derives its own (engine/models/FAMILY).
struct FamilyConfig {
    virtual ~FamilyConfig() = default;
    // What distinguishes the model within its family, in words for people: {"rotary", "theta 500000, llama3 by 32"}.
    virtual std::vector<std::pair<std::string, std::string>> details() const { return {}; }
};

// How the targets of an encoder-decoder begin and end, as its configuration says. Token ids; -1: none.
struct TargetTokens {
    std::int64_t start = 0;           // what the decoder is given first; no part of the answer
    std::int64_t forced_first = -1;   // the first token of every answer (mBART's target language)
    std::int64_t forced_last = -1;    // the token of an answer that reaches its greatest length
    std::vector<std::int64_t> never;  // tokens that are never chosen (Marian's padding)
};

// The numbers that planning and people need, whatever the family. Where layers differ, the largest.
struct ModelShape {
    std::string architecture;  // registry name of the family, as in "llama"
    ModelKind kind = ModelKind::decoder;
    std::int64_t layers = 0;          // of the decoder; of a vision encoder all
    std::int64_t encoder_layers = 0;  // of an encoder-decoder
    std::int64_t hidden = 0;
    std::int64_t heads = 0;
    std::int64_t kv_heads = 0;
    std::int64_t head_dim = 0;
    std::int64_t ffn = 0;           // intermediate width of the feed-forward block
    std::int64_t vocab = 0;         // 0 for a vision encoder
    std::int64_t source_vocab = 0;  // of an encoder-decoder's source; that of the target mostly
    // Longest position the model was trained for; of a vision encoder its patches; 0: an encoder-decoder that knows
    // distances only and has no longest one.
    std::int64_t context = 0;
    bool has_position_table =
        false;  // there are no positions behind `context`; else they are computed, as far as asked
    bool tied_embeddings = false;
    // Numbers that each position adds to the KV cache, over all layers of the decoder; of an encoder-decoder also those
    // that each position of the source adds for cross-attention.
    std::int64_t cache_per_token = 0;
    // Numbers that a sequence keeps whatever its length: the state of recurrent layers.
    std::int64_t cache_fixed = 0;
    TargetTokens target;                         // of an encoder-decoder
    std::shared_ptr<const FamilyConfig> config;  // set by every reader of files and of the catalogue
};

struct ModelFacts {
    std::string location;
    std::string format;  // "gguf", "safetensors", "random"
    std::string sha256;
    ModelShape shape;
    std::int64_t parameters = 0;
    std::int64_t weights_bytes = 0;  // as stored
    std::map<std::string, std::int64_t> bytes_by_part;    // embedding, attention, mlp, norm, output
    std::map<std::string, std::int64_t> tensors_by_type;  // "Q4_1" -> count
    std::string tokenizer;                                // "byte-level BPE (smollm)"; empty: none found
    bool has_chat_template = false;
    std::string licence;  // as the file says; empty: not said
    std::vector<std::string> warnings;
    std::string adapter;         // the folder of a LoRA adapter to be used with the model; empty: none
    std::string adapter_sha256;  // over its files
    // Of parameters and weights_bytes, what a model that only reads for another one needs: an encoder-decoder's encoder.
    std::int64_t guide_parameters = 0;
    std::int64_t guide_bytes = 0;
};

}  // namespace tandem
