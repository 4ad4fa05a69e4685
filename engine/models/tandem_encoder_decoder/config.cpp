#include "engine/models/tandem_encoder_decoder/config.h"

#include <nlohmann/json.hpp>

#include "engine/models/inspect_check.h"
#include "engine/models/rope_config.h"
#include "engine/models/target_tokens.h"

namespace tandem::tandem_encoder_decoder {

TensorList tensors(const ModelShape& shape);

std::vector<std::pair<std::string, std::string>> Config::details() const {
    return {{"key heads", interleaved ? "shared by neighbours" : "shared in turn (tiled)"},
            {"rotary", "theta " + std::to_string(static_cast<std::int64_t>(rope.theta)) +
                           (rope.factor > 1 ? ", stretched beyond what was trained (NTK-aware)" : "")}};
}

namespace {

// The keys are those of the paper's own code (MuConfig), and so are the defaults: 332,042,240 parameters.
Result<ModelShape> from_config(const ConfigReader& config) {
    ModelShape shape{.kind = ModelKind::encoder_decoder};
    Config own;
    shape.encoder_layers = TANDEM_TRY(config.integer("n_encoder_layer", 20));
    shape.layers = TANDEM_TRY(config.integer("n_decoder_layer", 10));
    shape.hidden = TANDEM_TRY(config.integer("n_embd", 1024));
    const std::int64_t inner =
        TANDEM_TRY(config.integer("qkv_embd", config.says_null("qkv_embd") ? shape.hidden : 384));
    shape.heads = TANDEM_TRY(config.integer("n_head", 6));
    shape.kv_heads = TANDEM_TRY(config.integer("n_kv_head", 3));
    shape.head_dim = TANDEM_TRY(config.head_dim("head_dim", inner, shape.heads));
    shape.ffn = TANDEM_TRY(config.integer("hidden_dim", 4096));
    shape.vocab = TANDEM_TRY(config.integer("vocab_size", 32128));
    shape.tied_embeddings = true;
    TANDEM_TRY(config.refuse_unless("tie_word_embeddings", true));
    own.interleaved = TANDEM_TRY(config.truth("is_interleaved", false));
    own.padding = TANDEM_TRY(config.integer("pad_token_id", 0));

    const std::int64_t trained = TANDEM_TRY(config.integer("block_size", 1024));
    TANDEM_TRY(check_range("block_size", trained, 1, 1 << 24, config.origin()));
    own.rope.dims = shape.head_dim;
    own.rope.theta = TANDEM_TRY(config.real("rope_theta", 10000));
    own.rope.factor = TANDEM_TRY(config.real("rope_factor", 1));
    if (own.rope.factor > 1) {  // positions beyond block_size stretch the waves of all (NTK-aware)
        own.rope.kind = RopeSettings::Kind::dynamic;
        own.rope.original_context = static_cast<double>(trained);
    } else {
        own.rope.factor = 1;
    }
    own.rope = TANDEM_TRY(checked_rope(own.rope, config.origin()));
    TANDEM_TRY(check_range("rope_factor", static_cast<std::int64_t>(own.rope.factor), 1, 64, config.origin()));
    shape.context = static_cast<std::int64_t>(static_cast<double>(trained) * own.rope.factor);

    const std::int64_t start = TANDEM_TRY(config.integer("bos_token_id", 1));
    shape.target = TANDEM_TRY(read_target_tokens(config, {.start = start}));
    shape.config = std::make_shared<Config>(own);
    return shape;
}

}  // namespace

extern const FamilyDescription description;
const FamilyDescription description{.name = "tandem_encoder_decoder",
                                    .model_types = {"tandem_encoder_decoder"},
                                    .gguf_architectures = {},
                                    .from_config = from_config,
                                    .from_gguf = nullptr,
                                    .tensors = tensors};

}  // namespace tandem::tandem_encoder_decoder
