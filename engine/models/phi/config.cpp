#include "engine/models/phi/config.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/models/inspect_check.h"
#include "engine/models/rope_config.h"
#include "engine/models/usual_sizes.h"

namespace tandem::phi {

TensorList tensors(const ModelShape& shape);
Result<GgufDescription> to_gguf(const ModelShape& shape);

namespace {

Result<ModelShape> from_transformers(const ConfigReader& config) {
    ModelShape shape = TANDEM_TRY(read_sizes(config, {.layers = 24,
                                                      .hidden = 2048,
                                                      .heads = 32,
                                                      .ffn = 8192,
                                                      .vocab = 51200,
                                                      .context = 2048,
                                                      .own_head_dim = true}));
    Config own;
    own.norm_epsilon = TANDEM_TRY(checked_epsilon(TANDEM_TRY(config.real("layer_norm_eps", 1e-5)), config.origin()));
    own.activation = TANDEM_TRY(config.activation("hidden_act", "gelu_new"));
    own.qk_norm = TANDEM_TRY(config.truth("qk_layernorm", false));
    const RopeDefaults rotary{.head_dim = shape.head_dim, .partial = 0.5, .context = shape.context};
    own.rope = TANDEM_TRY(read_rope(config, rotary));
    shape.config = std::make_shared<Config>(own);
    return shape;
}

// The mixformer code builds its blocks by name; the published checkpoints name these.
Result<void> check_architecture(const ConfigReader& config) {
    if (!config.has("architecture")) {
        return {};
    }
    return TANDEM_TRY(config.object("architecture")).refuse_unless("block_cls", "parallel");
}

// "phi-msft" and before that "mixformer-sequential": microsoft's own code, with the names of GPT-2's configuration.
Result<ModelShape> from_remote_code(const ConfigReader& config, Layout layout) {
    ModelShape shape;
    Config own;
    own.layout = layout;
    own.fused_qkv = true;
    TANDEM_TRY(check_architecture(config));
    shape.layers = TANDEM_TRY(config.integer("n_layer", 20));
    shape.hidden = TANDEM_TRY(config.integer("n_embd", 1024));
    shape.heads = TANDEM_TRY(config.integer("n_head", 16));
    shape.kv_heads = TANDEM_TRY(config.integer("n_head_kv", shape.heads));
    shape.head_dim = TANDEM_TRY(config.head_dim("", shape.hidden, shape.heads));
    shape.ffn = TANDEM_TRY(config.integer("n_inner", four_times(shape.hidden)));
    const std::int64_t vocab = TANDEM_TRY(config.integer("vocab_size", 50304));
    const std::int64_t multiple = TANDEM_TRY(config.integer("pad_vocab_size_multiple", 64));
    TANDEM_TRY(check_range("the vocabulary size", vocab, 1, 1 << 24, config.origin()));
    TANDEM_TRY(check_range("pad_vocab_size_multiple", multiple, 1, 1 << 16, config.origin()));
    shape.vocab = (vocab + multiple - 1) / multiple * multiple;
    shape.context = TANDEM_TRY(config.integer("n_positions", 2048));
    TANDEM_TRY(config.refuse_unless("tie_word_embeddings", false));
    own.norm_epsilon =
        TANDEM_TRY(checked_epsilon(TANDEM_TRY(config.real("layer_norm_epsilon", 1e-5)), config.origin()));
    own.activation = TANDEM_TRY(config.activation("activation_function", "gelu_new"));
    own.rope.dims = std::min(TANDEM_TRY(config.integer("rotary_dim", 32)), shape.head_dim);
    own.rope = TANDEM_TRY(checked_rope(std::move(own.rope), config.origin()));
    shape.config = std::make_shared<Config>(own);
    return shape;
}

Result<ModelShape> from_config(const ConfigReader& config) {
    const std::string type = TANDEM_TRY(config.text("model_type"));
    if (type == "phi") {
        return from_transformers(config);
    }
    return from_remote_code(config, type == "phi-msft" ? Layout::phi_msft : Layout::mixformer);
}

Result<ModelShape> from_gguf(const GgufConfig& config) {
    ModelShape shape = TANDEM_TRY(config.sizes());
    Config own;
    own.norm_epsilon = TANDEM_TRY(config.epsilon("attention.layer_norm_epsilon"));
    own.fused_qkv = config.has_tensor("blk.0.attn_qkv.weight");  // converted from microsoft's own layout
    own.rope = TANDEM_TRY(read_rope(config, RopeDefaults{.head_dim = shape.head_dim, .context = shape.context}));
    shape.config = std::make_shared<Config>(own);
    return shape;
}

}  // namespace

extern const FamilyDescription description;
const FamilyDescription description{.name = "phi",
                                    .model_types = {"phi", "phi-msft", "mixformer-sequential"},
                                    .gguf_architectures = {"phi2"},
                                    .from_config = from_config,
                                    .from_gguf = from_gguf,
                                    .tensors = tensors,
                                    .to_gguf = to_gguf};

}  // namespace tandem::phi
