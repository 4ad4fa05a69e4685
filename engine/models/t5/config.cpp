#include "engine/models/t5/config.h"

#include <nlohmann/json.hpp>

#include "engine/models/inspect_check.h"
#include "engine/models/target_tokens.h"

namespace tandem::t5 {

TensorList tensors(const ModelShape& shape);
Result<GgufDescription> to_gguf(const ModelShape& shape);

std::vector<std::pair<std::string, std::string>> Config::details() const {
    return {{"positions", "relative, " + std::to_string(buckets) + " buckets up to " + std::to_string(max_distance) +
                              (bias_in_every_layer ? ", of each layer" : "")},
            {"feed-forward", gated ? "gated" : "not gated"},
            {"output", scaled_output ? "scaled by 1 / sqrt(width)" : "not scaled"}};
}

namespace {

// "relu", "gated-gelu", "gated-silu": the function of the feed-forward block and whether it is gated. Newer files also
// say what they made of that, which then holds.
Result<void> read_feed_forward(const ConfigReader& config, const std::string& usual, Config& own) {
    const std::string words = TANDEM_TRY(config.text("feed_forward_proj", usual));
    const bool gated = words.starts_with("gated-");
    // The original's gated GELU is the tanh approximation.
    const std::string said = words == "gated-gelu" ? "gelu_new" : gated ? words.substr(6) : words;
    const std::string name = TANDEM_TRY(config.text("dense_act_fn", said));
    const auto activation = activation_of(name);
    if (!activation) {
        return config.unsupported("the activation '" + name.substr(0, 40) + "'");
    }
    own.activation = *activation;
    own.gated = TANDEM_TRY(config.truth("is_gated_act", gated));
    return {};
}

Result<void> check_buckets(const Config& own, const std::string& origin) {
    TANDEM_TRY(check_range("the number of relative position buckets", own.buckets, 4, 1 << 16, origin));
    return check_range("the largest distance of relative positions", own.max_distance, own.buckets / 2 + 1, 1 << 24,
                       origin);
}

Result<ModelShape> from_config(const ConfigReader& config) {
    const std::string type = TANDEM_TRY(config.text("model_type"));
    const bool first = type == "t5";
    TANDEM_TRY(config.refuse_unless("is_decoder", false));
    TANDEM_TRY(config.refuse_unless("is_encoder_decoder", true));
    ModelShape shape{.kind = ModelKind::encoder_decoder};
    Config own;
    shape.encoder_layers = TANDEM_TRY(config.integer("num_layers", first ? 6 : 8));
    shape.layers = TANDEM_TRY(config.integer("num_decoder_layers", shape.encoder_layers));
    shape.hidden = TANDEM_TRY(config.integer("d_model", 512));
    shape.heads = TANDEM_TRY(config.integer("num_heads", first ? 8 : 6));
    shape.kv_heads = shape.heads;
    shape.head_dim = TANDEM_TRY(config.integer("d_kv", 64));
    shape.ffn = TANDEM_TRY(config.integer("d_ff", first ? 2048 : 1024));
    shape.vocab = TANDEM_TRY(config.integer("vocab_size", first ? 32128 : 250112));
    // The first T5 shared its embedding with the output and scaled what the output product reads; 1.1 does neither, and
    // its files say so by this key. In mT5 and umT5 the key says nothing about scaling.
    shape.tied_embeddings = TANDEM_TRY(config.truth("tie_word_embeddings", true));
    own.scaled_output =
        first ? TANDEM_TRY(config.truth("scale_decoder_outputs", shape.tied_embeddings)) : type == "umt5";
    own.bias_in_every_layer = type == "umt5";
    own.norm_epsilon =
        TANDEM_TRY(checked_epsilon(TANDEM_TRY(config.real("layer_norm_epsilon", 1e-6)), config.origin()));
    own.buckets = TANDEM_TRY(config.integer("relative_attention_num_buckets", 32));
    own.max_distance = TANDEM_TRY(config.integer("relative_attention_max_distance", 128));
    TANDEM_TRY(check_buckets(own, config.origin()));
    TANDEM_TRY(read_feed_forward(config, first ? "relu" : "gated-gelu", own));
    const std::int64_t padding = TANDEM_TRY(config.integer("pad_token_id", 0));
    shape.target = TANDEM_TRY(read_target_tokens(config, {.start = padding}));
    shape.config = std::make_shared<Config>(own);
    return shape;
}

Result<ModelShape> from_gguf(const GgufConfig& config) {
    if (config.architecture() == "t5encoder") {
        return config.unsupported("a T5 encoder without its decoder");
    }
    ModelShape shape{.kind = ModelKind::encoder_decoder};
    Config own;
    shape.encoder_layers = TANDEM_TRY(config.integer("block_count"));
    shape.layers = TANDEM_TRY(config.integer("decoder_block_count", shape.encoder_layers));
    shape.hidden = TANDEM_TRY(config.integer("embedding_length"));
    shape.heads = TANDEM_TRY(config.integer("attention.head_count"));
    shape.kv_heads = shape.heads;
    shape.head_dim = TANDEM_TRY(config.head_dim(shape.hidden, shape.heads));
    shape.ffn = TANDEM_TRY(config.integer("feed_forward_length"));
    shape.vocab = TANDEM_TRY(config.vocabulary(shape.hidden));
    shape.tied_embeddings = config.tied_embeddings();
    // GGUF does not say; it is so for every published model.
    own.scaled_output = shape.tied_embeddings;
    own.bias_in_every_layer = config.has_tensor("dec.blk.1.attn_rel_b.weight");
    own.norm_epsilon = TANDEM_TRY(
        checked_epsilon(TANDEM_TRY(config.real("attention.layer_norm_rms_epsilon")), config.file().origin()));
    own.buckets = TANDEM_TRY(config.integer("attention.relative_buckets_count"));
    TANDEM_TRY(check_buckets(own, config.file().origin()));
    own.gated = config.has_tensor("enc.blk.0.ffn_gate.weight");
    own.activation = own.gated ? Activation::gelu_tanh : Activation::relu;
    shape.target.start = TANDEM_TRY(config.integer("decoder_start_token_id", 0));
    shape.config = std::make_shared<Config>(own);
    return shape;
}

}  // namespace

extern const FamilyDescription description;
const FamilyDescription description{.name = "t5",
                                    .model_types = {"t5", "mt5", "umt5"},
                                    .gguf_architectures = {"t5", "t5encoder"},
                                    .from_config = from_config,
                                    .from_gguf = from_gguf,
                                    .tensors = tensors,
                                    .to_gguf = to_gguf};

}  // namespace tandem::t5
