#include "engine/models/inspect_check.h"

#include <algorithm>
#include <cctype>
#include <numeric>
#include <utility>
#include <vector>

namespace tandem {
namespace {

struct Range {
    const char* name;
    std::int64_t value;
    std::int64_t min;
    std::int64_t max;
};

std::size_t edit_distance(std::string_view a, std::string_view b) {
    const auto same = [](char x, char y) {
        return std::tolower(static_cast<unsigned char>(x)) == std::tolower(static_cast<unsigned char>(y));
    };
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = diagonal + (same(a[i - 1], b[j - 1]) ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
        }
    }
    return row.back();
}

Error config_error(const char* code, const std::string& message, const std::string& origin) {
    return {.code = code, .message = message + "; nothing was loaded", .where = origin, .kind = ErrorKind::bad_input};
}

}  // namespace

Result<ModelShape> checked_shape(ModelShape shape, const std::string& origin) {
    // Far above any model there is, and such that layers * hidden * (heads * head_dim or ffn) stays below 2^60.
    const std::int64_t least_vocab = shape.kind == ModelKind::vision_encoder ? 0 : 1;
    const std::int64_t least_encoder = shape.kind == ModelKind::encoder_decoder ? 1 : 0;
    // An encoder-decoder may know distances only (T5).
    const std::int64_t least_context = shape.kind == ModelKind::encoder_decoder ? 0 : 1;
    if (shape.kind == ModelKind::encoder_decoder && shape.source_vocab == 0) {
        shape.source_vocab = shape.vocab;
    }
    const Range ranges[] = {
        {"layers", shape.layers, 1, most_layers},
        {"encoder layers", shape.encoder_layers, least_encoder, most_layers},
        {"hidden size", shape.hidden, 1, 1 << 20},
        {"heads", shape.heads, 1, 1 << 12},
        {"key-value heads", shape.kv_heads, 1, 1 << 12},
        {"head size", shape.head_dim, 1, 1 << 14},
        {"feed-forward size", shape.ffn, 1, 1 << 24},
        {"vocabulary size", shape.vocab, least_vocab, 1 << 24},
        {"vocabulary size of the source", shape.source_vocab, least_encoder, 1 << 24},
        {"context length", shape.context, least_context, 1 << 30},
    };
    for (const Range& range : ranges) {
        TANDEM_TRY(check_range(range.name, range.value, range.min, range.max, origin));
    }
    if (shape.kv_heads > shape.heads || shape.heads % shape.kv_heads != 0) {
        return config_error("CFG_HEADS",
                            std::to_string(shape.heads) + " heads cannot share " + std::to_string(shape.kv_heads) +
                                " key-value heads evenly",
                            origin);
    }
    if (shape.cache_per_token == 0 && shape.cache_fixed == 0 && shape.kind != ModelKind::vision_encoder) {
        shape.cache_per_token = 2 * shape.layers * shape.kv_heads * shape.head_dim;
    }
    return shape;
}

Result<void> check_range(const char* name, std::int64_t value, std::int64_t min, std::int64_t max,
                         const std::string& origin) {
    if (value < min || value > max) {
        return config_error("CFG_RANGE",
                            std::string(name) + " is " + std::to_string(value) + ", allowed are " +
                                std::to_string(min) + ".." + std::to_string(max),
                            origin);
    }
    return {};
}

std::int64_t four_times(std::int64_t hidden) {
    return 4 * std::clamp<std::int64_t>(hidden, 1, 1 << 20);
}

Result<double> checked_epsilon(double epsilon, const std::string& origin) {
    if (!(epsilon > 0 && epsilon < 1)) {
        return config_error("CFG_RANGE",
                            "the norm's epsilon is " + std::to_string(epsilon) + ", allowed is above 0 and below 1",
                            origin);
    }
    return epsilon;
}

Error unsupported_variant(const std::string& what, const std::string& origin) {
    return {.code = "CFG_UNSUPPORTED",
            .message = what +
                       " is not supported by this version, and computing without it would be wrong; nothing was "
                       "loaded",
            .where = origin,
            .kind = ErrorKind::unsupported};
}

std::string near_names(std::string_view wanted, std::span<const std::string> names, std::size_t most) {
    const std::string_view shortened = wanted.substr(0, 200);
    std::vector<std::string> near;
    for (const std::string& name : names) {
        if (edit_distance(shortened, name) <= std::max<std::size_t>(shortened.size() / 3, 1)) {
            near.push_back(name);
        }
    }
    return nearest_names(wanted, near, most);
}

std::string nearest_names(std::string_view wanted, std::span<const std::string> names, std::size_t most) {
    const std::string_view shortened = wanted.substr(0, 200);
    std::vector<std::pair<std::size_t, std::string>> ranked;
    for (const std::string& name : names) {
        ranked.emplace_back(edit_distance(shortened, name), name);
    }
    std::stable_sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    std::string text;
    for (std::size_t i = 0; i < std::min(most, ranked.size()); ++i) {
        text += (text.empty() ? "" : ", ") + ranked[i].second;
    }
    return text;
}

}  // namespace tandem
