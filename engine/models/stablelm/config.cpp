#include "engine/models/stablelm/config.h"

#include "engine/models/inspect_check.h"
#include "engine/models/rope_config.h"
#include "engine/models/usual_sizes.h"

namespace tandem::stablelm {

TensorList tensors(const ModelShape& shape);
Result<GgufDescription> to_gguf(const ModelShape& shape);

namespace {

Result<ModelShape> from_config(const ConfigReader& config) {
    ModelShape shape = TANDEM_TRY(read_sizes(
        config,
        {.layers = 32, .hidden = 2560, .heads = 32, .kv_heads = 32, .ffn = 6912, .vocab = 50304, .context = 4096}));
    Config own;
    // The code that the first checkpoints brought along had other names for two keys.
    const bool first = TANDEM_TRY(config.text("model_type")) == "stablelm_epoch";
    own.norm_epsilon = TANDEM_TRY(
        checked_epsilon(TANDEM_TRY(config.real(first ? "norm_eps" : "layer_norm_eps", 1e-5)), config.origin()));
    own.activation = TANDEM_TRY(config.activation("hidden_act", "silu"));
    own.parallel_residual = TANDEM_TRY(config.truth("use_parallel_residual", false));
    own.qkv_bias = TANDEM_TRY(config.truth("use_qkv_bias", false));
    own.qk_norm = TANDEM_TRY(config.truth("qk_layernorm", false));
    const RopeDefaults rotary{.head_dim = shape.head_dim,
                              .partial = 0.25,
                              .context = shape.context,
                              .partial_key = first ? "rope_pct" : "partial_rotary_factor"};
    own.rope = TANDEM_TRY(read_rope(config, rotary));
    shape.config = std::make_shared<Config>(own);
    return shape;
}

Result<ModelShape> from_gguf(const GgufConfig& config) {
    ModelShape shape = TANDEM_TRY(config.sizes());
    Config own;
    own.norm_epsilon = TANDEM_TRY(config.epsilon("attention.layer_norm_epsilon"));
    // llama.cpp goes by the norm that only the serial layout has.
    const bool says_parallel = TANDEM_TRY(config.truth("use_parallel_residual", false));
    own.parallel_residual =
        config.file().tensors().empty() ? says_parallel : !config.has_tensor("blk.0.ffn_norm.weight");
    own.qkv_bias = config.has_tensor("blk.0.attn_q.bias");
    own.qk_norm = config.has_tensor("blk.0.attn_q_norm.weight");
    own.stacked_norms = true;
    own.rope = TANDEM_TRY(read_rope(config, RopeDefaults{.head_dim = shape.head_dim, .context = shape.context}));
    shape.config = std::make_shared<Config>(own);
    return shape;
}

}  // namespace

extern const FamilyDescription description;
const FamilyDescription description{.name = "stablelm",
                                    .model_types = {"stablelm", "stablelm_epoch"},
                                    .gguf_architectures = {"stablelm"},
                                    .from_config = from_config,
                                    .from_gguf = from_gguf,
                                    .tensors = tensors,
                                    .to_gguf = to_gguf};

}  // namespace tandem::stablelm
