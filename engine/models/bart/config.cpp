#include "engine/models/bart/config.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "engine/models/inspect_check.h"
#include "engine/models/target_tokens.h"

namespace tandem::bart {

TensorList tensors(const ModelShape& shape);

std::vector<std::pair<std::string, std::string>> Config::details() const {
    const char* kind = positions == Positions::learned ? "learned" : "sines and cosines";
    return {{"positions", positions == Positions::counted ? "sines and cosines, padding not counted" : kind},
            {"norms", norm_first ? "before each block" : "behind each block"},
            {"embeddings", embedding_scale == 1 ? "not scaled" : "scaled by sqrt(width)"}};
}

namespace {

// How a model type computes and what its absent keys mean.
struct Kind {
    std::string_view name;
    Positions positions;
    std::int64_t position_offset;
    bool norm_first;
    bool embedding_norm;
    bool final_norm;
    bool logits_bias;
    // defaults
    std::int64_t vocab;
    std::int64_t context;
    std::int64_t encoder_layers;
    std::int64_t decoder_layers;
    std::int64_t hidden;
    std::int64_t ffn;
    std::int64_t heads;
    const char* activation;
    bool scaled;
    std::int64_t padding;
    std::int64_t start;  // where the file names no id of the beginning of a sequence either
};

constexpr std::array<Kind, 7> kinds{{
    // clang-format off
    {"bart",       Positions::learned, 2, false, true,  false, true,  50265,  1024, 12, 12, 1024, 4096,  16, "gelu", false, 1, 2},
    {"mbart",      Positions::learned, 2, true,  true,  true,  true,  50265,  1024, 12, 12, 1024, 4096,  16, "gelu", false, 1, 0},
    {"plbart",     Positions::learned, 2, false, true,  false, true,  50005,  1024, 6,  6,  768,  3072,  12, "gelu", true,  1, 0},
    {"marian",     Positions::fixed,   0, false, false, false, true,  58101,  1024, 12, 12, 1024, 4096,  16, "gelu", false, 58100, 58100},
    {"pegasus",    Positions::fixed,   0, true,  false, true,  true,  50265,  1024, 12, 12, 1024, 4096,  16, "gelu", false, 0, 0},
    {"m2m_100",    Positions::counted, 0, true,  false, true,  false, 128112, 1024, 12, 12, 1024, 4096,  16, "relu", true,  1, 2},
    {"blenderbot", Positions::learned, 0, true,  false, true,  true,  8008,   128,  2,  24, 2560, 10240, 32, "gelu", false, 0, 1},
    // clang-format on
}};

Result<ModelShape> from_config(const ConfigReader& config) {
    const std::string type = TANDEM_TRY(config.text("model_type"));
    const Kind& kind = *std::ranges::find(kinds, type, &Kind::name);
    TANDEM_TRY(config.refuse_unless("is_decoder", false));
    TANDEM_TRY(config.refuse_unless("is_encoder_decoder", true));
    const std::string activation = TANDEM_TRY(config.text("activation_function", kind.activation));
    if (!activation_of(activation)) {
        return config.unsupported("the activation '" + activation.substr(0, 40) + "'");
    }
    ModelShape shape{.kind = ModelKind::encoder_decoder};
    Config own;
    own.positions = kind.positions;
    own.position_offset = kind.position_offset;
    own.norm_first = kind.norm_first;
    own.embedding_norm = kind.embedding_norm;
    own.final_norm = kind.final_norm;
    own.logits_bias = kind.logits_bias;
    own.activation = *activation_of(activation);
    shape.encoder_layers = TANDEM_TRY(config.integer("encoder_layers", kind.encoder_layers));
    shape.layers = TANDEM_TRY(config.integer("decoder_layers", kind.decoder_layers));
    shape.hidden = TANDEM_TRY(config.integer("d_model", kind.hidden));
    shape.heads = TANDEM_TRY(config.integer("decoder_attention_heads", kind.heads));
    shape.kv_heads = shape.heads;
    shape.head_dim = TANDEM_TRY(config.head_dim("head_dim", shape.hidden, shape.heads));
    shape.ffn = TANDEM_TRY(config.integer("decoder_ffn_dim", kind.ffn));
    shape.context = TANDEM_TRY(config.integer("max_position_embeddings", kind.context));
    shape.source_vocab = TANDEM_TRY(config.integer("vocab_size", kind.vocab));
    own.shared_embeddings = type != "marian" || TANDEM_TRY(config.truth("share_encoder_decoder_embeddings", true));
    const std::int64_t target_vocab =
        type == "marian" ? TANDEM_TRY(config.integer("decoder_vocab_size", shape.source_vocab)) : shape.source_vocab;
    shape.vocab = own.shared_embeddings ? shape.source_vocab : target_vocab;
    own.tied = TANDEM_TRY(config.truth("tie_word_embeddings", true));
    shape.tied_embeddings = own.tied;
    own.encoder_heads = TANDEM_TRY(config.integer("encoder_attention_heads", kind.heads));
    own.encoder_ffn = TANDEM_TRY(config.integer("encoder_ffn_dim", kind.ffn));
    own.padding = TANDEM_TRY(config.integer("pad_token_id", kind.padding));
    TANDEM_TRY(check_range("hidden size", shape.hidden, 4, 1 << 20, config.origin()));
    TANDEM_TRY(check_range("encoder heads", own.encoder_heads, 1, 1 << 12, config.origin()));
    TANDEM_TRY(check_range("encoder feed-forward size", own.encoder_ffn, 1, 1 << 24, config.origin()));
    TANDEM_TRY(check_range("pad_token_id", own.padding, 0, 1 << 24, config.origin()));
    TANDEM_TRY(config.head_dim("head_dim", shape.hidden, own.encoder_heads));
    const bool scaled = TANDEM_TRY(config.truth("scale_embedding", kind.scaled));
    own.embedding_scale = scaled ? std::sqrt(static_cast<double>(shape.hidden)) : 1;
    shape.target = TANDEM_TRY(read_target_tokens(config, {.start = kind.start}));
    shape.has_position_table = true;
    shape.config = std::make_shared<Config>(own);
    return shape;
}

}  // namespace

extern const FamilyDescription description;
const FamilyDescription description{
    .name = "bart",
    .model_types = {"bart", "mbart", "plbart", "marian", "pegasus", "m2m_100", "blenderbot"},
    .gguf_architectures = {},
    .from_config = from_config,
    .from_gguf = nullptr,
    .tensors = tensors};

}  // namespace tandem::bart
