#include "engine/models/minicpm/config.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "engine/models/inspect_check.h"
#include "engine/models/rope_config.h"
#include "engine/models/width_scales.h"

namespace tandem::minicpm {

TensorList tensors(const ModelShape& shape);

namespace {

void set_scales(const WidthScales& scales, Config& own) {
    own.embedding_scale = scales.embedding;
    own.residual_scale = scales.residual;
    own.output_scale = scales.output;
}

// Absent keys as in the configuration class that the checkpoints bring along.
Result<ModelShape> from_config(const ConfigReader& config) {
    ModelShape shape;
    Config own;
    own.activation = TANDEM_TRY(config.activation("hidden_act", "silu"));
    shape.layers = TANDEM_TRY(config.integer("num_hidden_layers", 32));
    shape.hidden = TANDEM_TRY(config.integer("hidden_size", 4096));
    shape.heads = TANDEM_TRY(config.integer("num_attention_heads", 32));
    shape.kv_heads = TANDEM_TRY(config.integer("num_key_value_heads", shape.heads));
    shape.head_dim = TANDEM_TRY(config.head_dim("head_dim", shape.hidden, shape.heads));
    shape.ffn = TANDEM_TRY(config.integer("intermediate_size", 11008));
    shape.vocab = TANDEM_TRY(config.integer("vocab_size", 32000));
    shape.context = TANDEM_TRY(config.integer("max_position_embeddings", 2048));
    shape.tied_embeddings = TANDEM_TRY(config.truth("tie_word_embeddings", true));
    own.attention_bias = TANDEM_TRY(config.truth("attention_bias", false));
    own.output_bias = own.attention_bias;
    own.norm_epsilon = TANDEM_TRY(checked_epsilon(TANDEM_TRY(config.real("rms_norm_eps", 1e-6)), config.origin()));
    set_scales(TANDEM_TRY(read_width_scales(config, shape.layers, shape.hidden,
                                            {.scale_emb = 1, .scale_depth = 1, .dim_model_base = 1})),
               own);
    TANDEM_TRY(config.refuse_unless("sparse_config", nullptr));  // MiniCPM4's attention over chosen blocks
    const RopeDefaults rotary{.head_dim = shape.head_dim, .theta = 10000, .context = shape.context};
    own.rope = TANDEM_TRY(read_rope(config, rotary));
    shape.config = std::make_shared<Config>(own);
    return shape;
}

// logit_scale divides, as llama.cpp's converter writes it; files older than these keys are of the 2B model.
Result<WidthScales> scales_of(const GgufConfig& config, const ModelShape& shape) {
    const double depth = std::sqrt(static_cast<double>(std::max<std::int64_t>(shape.layers, 1)));
    const double width = static_cast<double>(std::max<std::int64_t>(shape.hidden, 1));
    const double divisor = TANDEM_TRY(config.real("logit_scale", width / 256));
    return checked_scales({.embedding = TANDEM_TRY(config.real("embedding_scale", 12)),
                           .residual = TANDEM_TRY(config.real("residual_scale", 1.4 / depth)),
                           .output = 1 / divisor},
                          config.file().origin());
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
    own.output_bias = config.has_tensor("blk.0.attn_output.bias");
    own.norm_epsilon = TANDEM_TRY(
        checked_epsilon(TANDEM_TRY(config.real("attention.layer_norm_rms_epsilon")), config.file().origin()));
    set_scales(TANDEM_TRY(scales_of(config, shape)), own);
    const RopeDefaults rotary{.head_dim = shape.head_dim, .theta = 10000, .context = shape.context};
    own.rope = TANDEM_TRY(read_rope(config, rotary));
    shape.config = std::make_shared<Config>(own);
    return shape;
}

}  // namespace

extern const FamilyDescription description;
const FamilyDescription description{.name = "minicpm",
                                    .model_types = {"minicpm"},
                                    .gguf_architectures = {"minicpm"},
                                    .from_config = from_config,
                                    .from_gguf = from_gguf,
                                    .tensors = tensors};

}  // namespace tandem::minicpm
