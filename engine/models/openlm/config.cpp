// Keys as mlfoundations/open_lm's own Params has them, with its defaults.
#include "engine/models/openlm/config.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/models/inspect_check.h"
#include "engine/models/rope_config.h"

namespace tandem::openlm {

TensorList tensors(const ModelShape& shape);

namespace {

// Two thirds of four times the width, up to the next multiple of 256.
std::int64_t ffn_of(std::int64_t hidden) {
    const std::int64_t least = 8 * std::clamp<std::int64_t>(hidden, 1, 1 << 20) / 3;
    return (least + 255) / 256 * 256;
}

Result<ModelShape> from_config(const ConfigReader& config) {
    ModelShape shape;
    Config own;
    shape.layers = TANDEM_TRY(config.integer("n_layers"));
    shape.hidden = TANDEM_TRY(config.integer("dim"));
    shape.heads = TANDEM_TRY(config.integer("n_heads"));
    shape.kv_heads = shape.heads;
    shape.head_dim = TANDEM_TRY(config.head_dim("head_dim", shape.hidden, shape.heads));
    shape.vocab = TANDEM_TRY(config.integer("vocab_size"));
    shape.context = TANDEM_TRY(config.integer("seq_len", 2048));
    shape.tied_embeddings = TANDEM_TRY(config.truth("weight_tying", false));
    const std::string ffn_type = TANDEM_TRY(config.text("ffn_type", "swiglu"));
    if (ffn_type != "swiglu" && ffn_type != "swiglu_torch") {
        return config.unsupported("a feed-forward block of type '" + ffn_type.substr(0, 40) + "'");
    }
    shape.ffn = ffn_of(shape.hidden);
    const std::string norm = TANDEM_TRY(config.text("norm_type", "gain_only_lp_layer_norm"));
    own.norm_bias = norm == "default_layer_norm" || norm == "lp_layer_norm";
    if (!own.norm_bias && norm != "gain_only_lp_layer_norm" && norm != "gain_only_layer_norm") {
        return config.unsupported("a norm of type '" + norm.substr(0, 40) + "'");
    }
    own.norm_epsilon = TANDEM_TRY(checked_epsilon(TANDEM_TRY(config.real("norm_eps", 1e-5)), config.origin()));
    own.query_key_norms = TANDEM_TRY(config.truth("apply_qk_norm", false));
    own.embedding_norm = TANDEM_TRY(config.truth("post_embed_norm", false));
    TANDEM_TRY(config.refuse_unless("positional_embedding_type", "rotary"));
    TANDEM_TRY(config.refuse_unless("moe_num_experts", nullptr));
    own.rope = TANDEM_TRY(checked_rope({.dims = shape.head_dim}, config.origin()));
    shape.config = std::make_shared<Config>(own);
    return shape;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> Config::details() const {
    return {{"rotary", describe(rope)}, {"query and key norms", query_key_norms ? "yes" : "no"}};
}

extern const FamilyDescription description;
const FamilyDescription description{.name = "openlm",
                                    .model_types = {"openlm", "open_lm"},
                                    .gguf_architectures = {},
                                    .from_config = from_config,
                                    .from_gguf = nullptr,
                                    .tensors = tensors};

}  // namespace tandem::openlm
