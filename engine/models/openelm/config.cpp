// Source of the rules by which widths follow from multipliers: apple/corenet, general_gpt.py, and the configuration
// class that the checkpoints bring along.
#include "engine/models/openelm/config.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "engine/models/inspect_check.h"
#include "engine/models/rope_config.h"

namespace tandem::openelm {

TensorList tensors(const ModelShape& shape);

namespace {

using Integers = std::vector<std::int64_t>;

// The nearest multiple, but not more than a tenth below the value.
std::int64_t make_divisible(double value, std::int64_t divisor) {
    const auto half = static_cast<double>(divisor) / 2;
    std::int64_t result = std::max(divisor, static_cast<std::int64_t>(value + half) / divisor * divisor);
    if (static_cast<double>(result) < 0.9 * value) {
        result += divisor;
    }
    return result;
}

// A multiplier for each layer: a list of them, or a first and a last one with equal steps between, rounded to two
// decimals.
Result<std::vector<double>> by_layer(const ConfigReader& config, const char* key, std::int64_t layers) {
    std::vector<double> listed;
    if (config.value(key).is_number()) {
        listed.assign(static_cast<std::size_t>(layers), TANDEM_TRY(config.real(key)));
    } else {
        listed = TANDEM_TRY(config.reals(key));
    }
    std::vector<double> multipliers = listed;
    if (listed.size() == 2 && layers != 2) {
        multipliers.clear();
        for (std::int64_t layer = 0; layer < layers; ++layer) {
            const double place = layers > 1 ? static_cast<double>(layer) / static_cast<double>(layers - 1) : 0;
            multipliers.push_back(std::nearbyint((listed[0] + (listed[1] - listed[0]) * place) * 100) / 100);
        }
    }
    if (multipliers.size() != static_cast<std::size_t>(layers)) {
        return config.fault("CFG_SHAPE", std::string(key) + " has " + std::to_string(listed.size()) +
                                             " numbers, need one for each of " + std::to_string(layers) +
                                             " layers, or the first and the last");
    }
    for (const double multiplier : multipliers) {
        if (!(multiplier > 0 && multiplier <= 1024)) {
            return config.fault("CFG_RANGE", std::string(key) + " has a multiplier of " + std::to_string(multiplier) +
                                                 ", allowed is above 0 to 1024");
        }
    }
    return multipliers;
}

struct HeadCounts {
    Integers heads;
    Integers kv_heads;
};

Result<HeadCounts> head_counts(const ConfigReader& config, const ModelShape& shape) {
    HeadCounts counts{TANDEM_TRY(config.integers("num_query_heads")), TANDEM_TRY(config.integers("num_kv_heads"))};
    if (!counts.heads.empty() || !counts.kv_heads.empty()) {
        return counts;
    }
    const std::int64_t groups = TANDEM_TRY(config.integer("num_gqa_groups", 1));
    TANDEM_TRY(check_range("num_gqa_groups", groups, 1, 1 << 10, config.origin()));
    for (const double multiplier : TANDEM_TRY(by_layer(config, "qkv_multipliers", shape.layers))) {
        const std::int64_t width =
            make_divisible(static_cast<double>(shape.hidden) * multiplier, shape.head_dim * groups);
        counts.heads.push_back(width / shape.head_dim);
        counts.kv_heads.push_back(width / shape.head_dim / groups);
    }
    return counts;
}

// Numbers of each layer in range, and the largest as the shape's own.
Result<void> finish(ModelShape& shape, const Config& own, const std::string& origin) {
    const auto layers = static_cast<std::size_t>(shape.layers);
    if (own.heads.size() != layers || own.kv_heads.size() != layers || own.ffn.size() != layers) {
        return Error{.code = "CFG_SHAPE",
                     .message = "there are not as many numbers of heads, key-value heads and feed-forward units (" +
                                std::to_string(own.heads.size()) + ", " + std::to_string(own.kv_heads.size()) + ", " +
                                std::to_string(own.ffn.size()) + ") as layers (" + std::to_string(shape.layers) +
                                "); nothing was loaded",
                     .where = origin,
                     .kind = ErrorKind::bad_input};
    }
    for (std::size_t layer = 0; layer < layers; ++layer) {
        const std::int64_t heads = own.heads[layer];
        const std::int64_t kv_heads = own.kv_heads[layer];
        TANDEM_TRY(check_range("a layer's heads", heads, 1, 1 << 12, origin));
        TANDEM_TRY(check_range("a layer's key-value heads", kv_heads, 1, heads, origin));
        TANDEM_TRY(check_range("a layer's feed-forward size", own.ffn[layer], 1, 1 << 24, origin));
        if (heads % kv_heads != 0) {
            return Error{.code = "CFG_HEADS",
                         .message = "layer " + std::to_string(layer) + ": " + std::to_string(heads) +
                                    " heads cannot share " + std::to_string(kv_heads) +
                                    " key-value heads evenly; nothing was loaded",
                         .where = origin,
                         .kind = ErrorKind::bad_input};
        }
        if (heads > shape.heads) {
            shape.heads = heads;
            shape.kv_heads = kv_heads;
        }
        shape.ffn = std::max(shape.ffn, own.ffn[layer]);
        shape.cache_per_token += 2 * kv_heads * shape.head_dim;
    }
    return {};
}

// What sizes are made of, before lists are made of their number.
Result<void> check_sizes(const ModelShape& shape, const std::string& origin) {
    TANDEM_TRY(check_range("layers", shape.layers, 1, most_layers, origin));
    TANDEM_TRY(check_range("hidden size", shape.hidden, 1, 1 << 20, origin));
    return check_range("head size", shape.head_dim, 1, 1 << 14, origin);
}

Result<ModelShape> from_config(const ConfigReader& config) {
    ModelShape shape;
    Config own;
    shape.layers = TANDEM_TRY(config.integer("num_transformer_layers", 12));
    shape.hidden = TANDEM_TRY(config.integer("model_dim", 2048));
    shape.head_dim = TANDEM_TRY(config.integer("head_dim", 128));
    TANDEM_TRY(check_sizes(shape, config.origin()));
    shape.vocab = TANDEM_TRY(config.integer("vocab_size", 32000));
    shape.context = TANDEM_TRY(config.integer("max_context_length", 2048));
    shape.tied_embeddings = TANDEM_TRY(config.truth("share_input_output_layers", true));
    own.activation = TANDEM_TRY(config.activation("activation_fn_name", "swish"));
    TANDEM_TRY(config.refuse_unless("ffn_with_glu", true));
    own.head_norms = TANDEM_TRY(config.truth("normalize_qk_projections", false));
    TANDEM_TRY(config.refuse_unless("normalization_layer_name", "rms_norm"));
    HeadCounts counts = TANDEM_TRY(head_counts(config, shape));
    own.heads = std::move(counts.heads);
    own.kv_heads = std::move(counts.kv_heads);
    const std::int64_t divisor = TANDEM_TRY(config.integer("ffn_dim_divisor", 256));
    TANDEM_TRY(check_range("ffn_dim_divisor", divisor, 1, 1 << 20, config.origin()));
    for (const double multiplier : TANDEM_TRY(by_layer(config, "ffn_multipliers", shape.layers))) {
        own.ffn.push_back(make_divisible(multiplier * static_cast<double>(shape.hidden), divisor));
    }
    TANDEM_TRY(finish(shape, own, config.origin()));
    own.rope = {.dims = shape.head_dim, .theta = TANDEM_TRY(config.real("rope_freq_constant", 10000))};
    own.rope = TANDEM_TRY(checked_rope(own.rope, config.origin()));
    shape.config = std::make_shared<Config>(own);
    return shape;
}

Result<ModelShape> from_gguf(const GgufConfig& config) {
    const std::string origin = config.file().origin();
    ModelShape shape;
    Config own;
    shape.layers = TANDEM_TRY(config.integer("block_count"));
    shape.hidden = TANDEM_TRY(config.integer("embedding_length"));
    shape.head_dim = TANDEM_TRY(config.integer("attention.key_length"));
    TANDEM_TRY(check_sizes(shape, origin));
    if (TANDEM_TRY(config.integer("attention.value_length", shape.head_dim)) != shape.head_dim) {
        return config.unsupported("a value size that differs from the key size");
    }
    own.heads = TANDEM_TRY(config.integers_by_layer("attention.head_count", shape.layers));
    own.kv_heads = TANDEM_TRY(config.integers_by_layer("attention.head_count_kv", shape.layers));
    own.ffn = TANDEM_TRY(config.integers_by_layer("feed_forward_length", shape.layers));
    TANDEM_TRY(finish(shape, own, origin));
    shape.context = TANDEM_TRY(config.integer("context_length"));
    shape.vocab = TANDEM_TRY(config.vocabulary(shape.hidden));
    shape.tied_embeddings = config.tied_embeddings();
    own.norm_epsilon = TANDEM_TRY(checked_epsilon(TANDEM_TRY(config.real("attention.layer_norm_rms_epsilon")), origin));
    const RopeDefaults rotary{.head_dim = shape.head_dim, .theta = 10000, .context = shape.context};
    own.rope = TANDEM_TRY(read_rope(config, rotary));
    shape.config = std::make_shared<Config>(own);
    return shape;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> Config::details() const {
    return {{"rotary", describe(rope)},
            {"heads",
             std::to_string(heads.front()) + " in the first layer, " + std::to_string(heads.back()) + " in the last"},
            {"feed-forward",
             std::to_string(ffn.front()) + " in the first layer, " + std::to_string(ffn.back()) + " in the last"}};
}

extern const FamilyDescription description;
const FamilyDescription description{.name = "openelm",
                                    .model_types = {"openelm"},
                                    .gguf_architectures = {"openelm"},
                                    .from_config = from_config,
                                    .from_gguf = from_gguf,
                                    .tensors = tensors};

}  // namespace tandem::openelm
