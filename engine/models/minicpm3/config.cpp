#include "engine/models/minicpm3/config.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "engine/models/inspect_check.h"
#include "engine/models/rope_config.h"
#include "engine/models/width_scales.h"

namespace tandem::minicpm3 {

TensorList tensors(const ModelShape& shape);

namespace {

// Sizes of a latent attention, and what follows from them.
Result<void> finish(ModelShape& shape, Config& own, const std::string& origin) {
    constexpr std::int64_t most = 1 << 20;
    TANDEM_TRY(check_range("q_lora_rank", own.query_rank, 0, most, origin));
    TANDEM_TRY(check_range("kv_lora_rank", own.latent, 1, most, origin));
    TANDEM_TRY(check_range("qk_nope_head_dim", own.plain_dim, 1, 1 << 13, origin));
    TANDEM_TRY(check_range("qk_rope_head_dim", own.rotated_dim, 2, 1 << 13, origin));
    TANDEM_TRY(check_range("v_head_dim", own.value_dim, 1, 1 << 13, origin));
    TANDEM_TRY(check_range("layers", shape.layers, 1, most_layers, origin));
    shape.head_dim = own.plain_dim + own.rotated_dim;
    shape.kv_heads = shape.heads;  // as they are computed; the cache has one latent vector for all
    shape.cache_per_token = shape.layers * (own.latent + own.rotated_dim);
    return {};
}

// A stretched context may also scale the scores (DeepSeek's mscale_all_dim).
Result<double> score_scale(const ConfigReader& config, const Config& own) {
    double scale = 1 / std::sqrt(static_cast<double>(own.plain_dim + own.rotated_dim));
    const char* key = config.has("rope_parameters") ? "rope_parameters" : "rope_scaling";
    if (own.rope.kind != RopeSettings::Kind::plain && config.has(key)) {
        const ConfigReader rotary = TANDEM_TRY(config.object(key));
        const double multiple = TANDEM_TRY(rotary.real("mscale_all_dim", 0));
        if (multiple != 0 && own.rope.factor > 1) {
            const double mscale = 0.1 * multiple * std::log(own.rope.factor) + 1;
            scale *= mscale * mscale;
        }
    }
    if (!(scale > 0 && scale < 1e6)) {
        return config.fault("CFG_RANGE", "the scale of attention scores is " + std::to_string(scale));
    }
    return scale;
}

void set_scales(const WidthScales& scales, Config& own) {
    own.embedding_scale = scales.embedding;
    own.residual_scale = scales.residual;
    own.output_scale = scales.output;
}

Result<ModelShape> from_config(const ConfigReader& config) {
    ModelShape shape;
    Config own;
    own.activation = TANDEM_TRY(config.activation("hidden_act", "silu"));
    shape.layers = TANDEM_TRY(config.integer("num_hidden_layers", 62));
    shape.hidden = TANDEM_TRY(config.integer("hidden_size", 2560));
    shape.heads = TANDEM_TRY(config.integer("num_attention_heads", 40));
    const std::int64_t kv_heads =
        TANDEM_TRY(config.integer("num_key_value_heads", config.says_null("num_key_value_heads") ? shape.heads : 40));
    if (kv_heads != shape.heads) {
        return config.unsupported("latent attention whose heads share keys (num_key_value_heads " +
                                  std::to_string(kv_heads) + ")");
    }
    shape.ffn = TANDEM_TRY(config.integer("intermediate_size", 6400));
    shape.vocab = TANDEM_TRY(config.integer("vocab_size", 73448));
    shape.context = TANDEM_TRY(config.integer("max_position_embeddings", 32768));
    shape.tied_embeddings = TANDEM_TRY(config.truth("tie_word_embeddings", true));
    own.attention_bias = TANDEM_TRY(config.truth("attention_bias", false));
    own.mlp_bias = TANDEM_TRY(config.truth("mlp_bias", false));
    own.norm_epsilon = TANDEM_TRY(checked_epsilon(TANDEM_TRY(config.real("rms_norm_eps", 1e-5)), config.origin()));
    own.query_rank = config.says_null("q_lora_rank") ? 0 : TANDEM_TRY(config.integer("q_lora_rank", 768));
    own.latent = TANDEM_TRY(config.integer("kv_lora_rank", 256));
    own.plain_dim = TANDEM_TRY(config.integer("qk_nope_head_dim", 64));
    own.rotated_dim = TANDEM_TRY(config.integer("qk_rope_head_dim", 32));
    own.value_dim = TANDEM_TRY(config.head_dim("v_head_dim", shape.hidden, shape.heads));
    TANDEM_TRY(finish(shape, own, config.origin()));
    set_scales(TANDEM_TRY(read_width_scales(config, shape.layers, shape.hidden,
                                            {.scale_emb = 12, .scale_depth = 1.4, .dim_model_base = 256})),
               own);
    const RopeDefaults rotary{.head_dim = own.rotated_dim, .theta = 10000, .context = shape.context};
    own.rope = TANDEM_TRY(read_rope(config, rotary));
    own.score_scale = TANDEM_TRY(score_scale(config, own));
    shape.config = std::make_shared<Config>(own);
    return shape;
}

// The file does not say the scales, which llama.cpp takes to be those of the 4B model.
Result<ModelShape> from_gguf(const GgufConfig& config) {
    ModelShape shape;
    Config own;
    shape.layers = TANDEM_TRY(config.integer("block_count"));
    shape.hidden = TANDEM_TRY(config.integer("embedding_length"));
    shape.heads = TANDEM_TRY(config.integer("attention.head_count"));
    if (TANDEM_TRY(config.integer("attention.head_count_kv", shape.heads)) != shape.heads) {
        return config.unsupported("latent attention whose heads share keys");
    }
    shape.ffn = TANDEM_TRY(config.integer("feed_forward_length"));
    shape.context = TANDEM_TRY(config.integer("context_length"));
    shape.vocab = TANDEM_TRY(config.vocabulary(shape.hidden));
    shape.tied_embeddings = config.tied_embeddings();
    own.norm_epsilon = TANDEM_TRY(config.epsilon("attention.layer_norm_rms_epsilon"));
    own.query_rank = TANDEM_TRY(config.integer("attention.q_lora_rank", 0));
    own.latent = TANDEM_TRY(config.integer("attention.kv_lora_rank"));
    own.rotated_dim = TANDEM_TRY(config.integer("rope.dimension_count"));
    own.plain_dim = TANDEM_TRY(config.integer("attention.key_length")) - own.rotated_dim;
    own.value_dim =
        TANDEM_TRY(config.integer("attention.value_length", shape.hidden / std::max<std::int64_t>(shape.heads, 1)));
    TANDEM_TRY(finish(shape, own, config.file().origin()));
    const double width = static_cast<double>(std::max<std::int64_t>(shape.hidden, 1));
    set_scales(
        {.embedding = TANDEM_TRY(config.real("embedding_scale", 12)),
         .residual = TANDEM_TRY(config.real("residual_scale", 1.4 / std::sqrt(static_cast<double>(shape.layers)))),
         .output = 1 / TANDEM_TRY(config.real("logit_scale", width / 256))},
        own);
    const RopeDefaults rotary{.head_dim = own.rotated_dim, .theta = 10000, .context = shape.context};
    own.rope = TANDEM_TRY(read_rope(config, rotary));
    own.score_scale = 1 / std::sqrt(static_cast<double>(shape.head_dim));
    shape.config = std::make_shared<Config>(own);
    return shape;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> Config::details() const {
    return {{"rotary", describe(rope)},
            {"latent", std::to_string(latent) + " for keys and values, " +
                           (query_rank > 0 ? std::to_string(query_rank) : std::string("none")) + " for queries"}};
}

extern const FamilyDescription description;
const FamilyDescription description{.name = "minicpm3",
                                    .model_types = {"minicpm3"},
                                    .gguf_architectures = {"minicpm3"},
                                    .from_config = from_config,
                                    .from_gguf = from_gguf,
                                    .tensors = tensors};

}  // namespace tandem::minicpm3
