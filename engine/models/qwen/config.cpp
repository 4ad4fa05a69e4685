#include "engine/models/qwen/config.h"

#include <nlohmann/json.hpp>

#include "engine/models/inspect_check.h"
#include "engine/models/rope_config.h"

namespace tandem::qwen {

TensorList tensors(const ModelShape& shape);

namespace {

// Absent keys as in the configuration class that the checkpoints bring along.
Result<ModelShape> from_config(const ConfigReader& config) {
    ModelShape shape;
    Config own;
    shape.layers = TANDEM_TRY(config.integer("num_hidden_layers", 32));
    shape.hidden = TANDEM_TRY(config.integer("hidden_size", 4096));
    shape.heads = TANDEM_TRY(config.integer("num_attention_heads", 32));
    shape.kv_heads = shape.heads;
    shape.head_dim = TANDEM_TRY(config.integer("kv_channels", 128));
    // intermediate_size counts both halves of the gated block.
    shape.ffn = TANDEM_TRY(config.integer("intermediate_size", 22016)) / 2;
    shape.vocab = TANDEM_TRY(config.integer("vocab_size", 151936));
    shape.context = TANDEM_TRY(config.integer("max_position_embeddings", 8192));
    shape.tied_embeddings = TANDEM_TRY(config.truth("tie_word_embeddings", false));
    own.bias = !TANDEM_TRY(config.truth("no_bias", true));
    own.norm_epsilon =
        TANDEM_TRY(checked_epsilon(TANDEM_TRY(config.real("layer_norm_epsilon", 1e-6)), config.origin()));
    own.trained_length = TANDEM_TRY(config.integer("seq_length", 2048));
    TANDEM_TRY(check_range("seq_length", own.trained_length, 2, 1 << 30, config.origin()));
    own.dynamic_ntk = TANDEM_TRY(config.truth("use_dynamic_ntk", true));
    own.log_n = TANDEM_TRY(config.truth("use_logn_attn", true));
    TANDEM_TRY(config.refuse_unless("scale_attn_weights", true));
    TANDEM_TRY(config.refuse_unless("use_cache_quantization", false));
    const RopeDefaults rotary{.head_dim = shape.head_dim,
                              .theta = 10000,
                              .context = shape.context,
                              .theta_key = "rotary_emb_base",
                              .partial_key = "rotary_pct"};
    own.rope = TANDEM_TRY(read_rope(config, rotary));
    if (own.log_n && own.rope.dims != shape.head_dim) {
        return config.unsupported("use_logn_attn with a part of each head rotated (rotary_pct)");
    }
    shape.config = std::make_shared<Config>(own);
    return shape;
}

// The file says nothing of what happens beyond the trained length, which is its context length.
Result<ModelShape> from_gguf(const GgufConfig& config) {
    ModelShape shape = TANDEM_TRY(config.sizes());
    Config own;
    shape.ffn /= 2;
    // Newer converters write it under the name of the other norm.
    own.norm_epsilon =
        TANDEM_TRY(config.epsilon(config.has("attention.layer_norm_rms_epsilon") ? "attention.layer_norm_rms_epsilon"
                                                                                 : "attention.layer_norm_epsilon"));
    own.dynamic_ntk = false;
    own.log_n = false;
    const RopeDefaults rotary{.head_dim = shape.head_dim, .theta = 10000, .context = shape.context};
    own.rope = TANDEM_TRY(read_rope(config, rotary));
    shape.config = std::make_shared<Config>(own);
    return shape;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> Config::details() const {
    return {{"rotary", describe(rope)},
            {"beyond " + std::to_string(trained_length),
             std::string(dynamic_ntk ? "larger rotary base" : "same rotary base") +
                 (log_n ? ", scaled queries" : ", same queries")}};
}

extern const FamilyDescription description;
const FamilyDescription description{.name = "qwen",
                                    .model_types = {"qwen"},
                                    .gguf_architectures = {"qwen"},
                                    .from_config = from_config,
                                    .from_gguf = from_gguf,
                                    .tensors = tensors};

}  // namespace tandem::qwen
