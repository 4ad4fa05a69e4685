#include "engine/models/gpt_neox/config.h"

#include "engine/models/inspect_check.h"
#include "engine/models/rope_config.h"
#include "engine/models/usual_sizes.h"

namespace tandem::gpt_neox {

TensorList tensors(const ModelShape& shape);
Result<GgufDescription> to_gguf(const ModelShape& shape);

namespace {

Result<ModelShape> from_config(const ConfigReader& config) {
    ModelShape shape = TANDEM_TRY(without_shared_heads(
        config,
        TANDEM_TRY(read_sizes(
            config, {.layers = 44, .hidden = 6144, .heads = 64, .ffn = 24576, .vocab = 50432, .context = 2048}))));
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
    // Saved beside rotary_pct since version 4.46; alone it is read by some versions of the reference and not by others.
    const double beside = TANDEM_TRY(config.real("partial_rotary_factor", -1));
    if (beside > 1 ||
        (beside >= 0 && static_cast<std::int64_t>(static_cast<double>(shape.head_dim) * beside) != own.rope.dims)) {
        return config.unsupported("a partial_rotary_factor that is not rotary_pct");
    }
    // The class says false by default, and is a decoder all the same.
    (void)config.has("is_decoder");
    shape.config = std::make_shared<Config>(own);
    return shape;
}

// The file does not say which activation: that of every published model but GPT-NeoX-20B is the exact one.
Result<ModelShape> from_gguf(const GgufConfig& config) {
    ModelShape shape = TANDEM_TRY(without_shared_heads(config, TANDEM_TRY(config.sizes())));
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
                                    .tensors = tensors,
                                    .to_gguf = to_gguf};

}  // namespace tandem::gpt_neox
