#include "engine/models/llama/config.h"

#include <nlohmann/json.hpp>

#include "engine/models/inspect_check.h"
#include "engine/models/rope_config.h"

namespace tandem::llama {

TensorList tensors(const ModelShape& shape);
Result<GgufDescription> to_gguf(const ModelShape& shape);
Result<nlohmann::ordered_json> to_config(const ModelShape& shape);

namespace {

Result<ModelShape> from_config(const ConfigReader& config) {
    const bool mistral = TANDEM_TRY(config.text("model_type")) == "mistral";
    const std::string activation = TANDEM_TRY(config.text("hidden_act", "silu"));
    if (activation != "silu" && activation != "swish") {
        return config.unsupported("the activation '" + activation.substr(0, 40) + "'");
    }
    ModelShape shape;
    Config own;
    shape.layers = TANDEM_TRY(config.integer("num_hidden_layers"));
    shape.hidden = TANDEM_TRY(config.integer("hidden_size"));
    shape.heads = TANDEM_TRY(config.integer("num_attention_heads"));
    shape.kv_heads = TANDEM_TRY(config.integer("num_key_value_heads", mistral ? 8 : shape.heads));
    shape.head_dim = TANDEM_TRY(config.head_dim("head_dim", shape.hidden, shape.heads));
    shape.ffn = TANDEM_TRY(config.integer("intermediate_size"));
    shape.vocab = TANDEM_TRY(config.integer("vocab_size"));
    shape.context = TANDEM_TRY(config.integer("max_position_embeddings", mistral ? 131072 : 2048));
    shape.tied_embeddings = TANDEM_TRY(config.truth("tie_word_embeddings", false));
    own.attention_bias = !mistral && TANDEM_TRY(config.truth("attention_bias", false));
    own.mlp_bias = !mistral && TANDEM_TRY(config.truth("mlp_bias", false));
    own.norm_epsilon = TANDEM_TRY(checked_epsilon(TANDEM_TRY(config.real("rms_norm_eps", 1e-6)), config.origin()));
    if (mistral) {
        // Absent means 4096 to Mistral's own code; only an explicit null is full attention.
        own.window = config.says_null("sliding_window") ? 0 : TANDEM_TRY(config.integer("sliding_window", 4096));
        TANDEM_TRY(check_range("the sliding window", own.window, 0, 1 << 30, config.origin()));
    }
    const RopeDefaults rotary{.head_dim = shape.head_dim, .theta = 10000, .context = shape.context};
    own.rope = TANDEM_TRY(read_rope(config, rotary));
    shape.config = std::make_shared<Config>(own);
    return shape;
}

Result<ModelShape> from_gguf(const GgufConfig& config) {
    ModelShape shape;
    Config own;
    shape.layers = TANDEM_TRY(config.integer("block_count"));
    shape.hidden = TANDEM_TRY(config.integer("embedding_length"));
    shape.heads = TANDEM_TRY(config.integer("attention.head_count"));
    shape.kv_heads = TANDEM_TRY(config.integer("attention.head_count_kv", shape.heads));
    shape.head_dim = TANDEM_TRY(config.head_dim(shape.hidden, shape.heads));
    shape.ffn = TANDEM_TRY(config.integer("feed_forward_length"));
    shape.context = TANDEM_TRY(config.integer("context_length"));
    shape.vocab = TANDEM_TRY(config.vocabulary(shape.hidden));
    shape.tied_embeddings = config.tied_embeddings();
    own.attention_bias = config.has_tensor("blk.0.attn_q.bias");
    own.mlp_bias = config.has_tensor("blk.0.ffn_gate.bias");
    own.norm_epsilon = TANDEM_TRY(
        checked_epsilon(TANDEM_TRY(config.real("attention.layer_norm_rms_epsilon")), config.file().origin()));
    const RopeDefaults rotary{.head_dim = shape.head_dim, .theta = 10000, .context = shape.context};
    own.rope = TANDEM_TRY(read_rope(config, rotary));
    if (own.rope.dims != shape.head_dim) {
        return config.unsupported("rotating only a part of each head");
    }
    shape.config = std::make_shared<Config>(own);
    return shape;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> Config::details() const {
    return {{"rotary", describe(rope)},
            {"window", describe_window(window)},
            {"biases", attention_bias && mlp_bias ? "attention, feed-forward"
                       : attention_bias           ? "attention"
                       : mlp_bias                 ? "feed-forward"
                                                  : "none"}};
}

extern const FamilyDescription description;
const FamilyDescription description{.name = "llama",
                                    .model_types = {"llama", "mistral"},
                                    .gguf_architectures = {"llama"},
                                    .from_config = from_config,
                                    .from_gguf = from_gguf,
                                    .tensors = tensors,
                                    .to_gguf = to_gguf,
                                    .to_config = to_config};

}  // namespace tandem::llama
