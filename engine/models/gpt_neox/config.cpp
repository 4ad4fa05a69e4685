#include "engine/models/gpt_neox/config.h"

#include "engine/models/inspect_check.h"
#include "engine/models/rope_config.h"
#include "engine/models/usual_sizes.h"

namespace tandem::gpt_neox {

TensorList tensors(const ModelShape& shape);

namespace {

Result<ModelShape> from_config(const ConfigReader& config) {
    ModelShape shape = TANDEM_TRY(
        read_sizes(config, {.layers = 44, .hidden = 6144, .heads = 64, .ffn = 24576, .vocab = 50432, .context = 2048}));
    if (shape.kv_heads != shape.heads) {
        return config.unsupported("sharing key-value heads");
    }
    Config own;
    own.norm_epsilon = TANDEM_TRY(checked_epsilon(TANDEM_TRY(config.real("layer_norm_eps", 1e-5)), config.origin()));
    own.activation = TANDEM_TRY(config.activation("hidden_act", "gelu"));
    own.parallel_residual = TANDEM_TRY(config.truth("use_parallel_residual", true));
    own.attention_bias = TANDEM_TRY(config.truth("attention_bias", true));
    const RopeDefaults rotary{.head_dim = shape.head_dim,
                              .theta = 10000,
                              .partial = 0.25,
                              .context = shape.context,
                              .theta_key = "rotary_emb_base",
                              .partial_key = "rotary_pct"};
    own.rope = TANDEM_TRY(read_rope(config, rotary));
    // Saved since version 4.46 beside the keys that count.
    (void)config.has("partial_rotary_factor");
    // The class says false by default, and is a decoder all the same.
    (void)config.has("is_decoder");
    shape.config = std::make_shared<Config>(own);
    return shape;
}

// The file does not say which activation: that of every published model but GPT-NeoX-20B is the exact one.
Result<ModelShape> from_gguf(const GgufConfig& config) {
    ModelShape shape = TANDEM_TRY(config.sizes());
    if (shape.kv_heads != shape.heads) {
        return config.unsupported("sharing key-value heads");
    }
    Config own;
    own.norm_epsilon = TANDEM_TRY(config.epsilon("attention.layer_norm_epsilon"));
    own.parallel_residual = TANDEM_TRY(config.truth("use_parallel_residual"));
    own.attention_bias = config.file().tensors().empty() || config.has_tensor("blk.0.attn_qkv.bias");
    own.rope = TANDEM_TRY(read_rope(config, RopeDefaults{.head_dim = shape.head_dim, .context = shape.context}));
    shape.config = std::make_shared<Config>(own);
    return shape;
}

}  // namespace

extern const FamilyDescription description;
const FamilyDescription description{.name = "gpt_neox",
                                    .model_types = {"gpt_neox"},
                                    .gguf_architectures = {"gptneox"},
                                    .from_config = from_config,
                                    .from_gguf = from_gguf,
                                    .tensors = tensors};

}  // namespace tandem::gpt_neox
