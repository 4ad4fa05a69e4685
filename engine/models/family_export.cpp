#include "engine/models/family_export.h"

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

namespace tandem {
namespace {

using Kind = RopeSettings::Kind;

RopeSettings plain(RopeSettings settings) {
    settings.kind = Kind::plain;
    return settings;
}

// What each frequency is divided by.
std::vector<double> divisors_of(const RopeSettings& settings) {
    const std::vector<double> plain_frequencies = rope_frequencies(plain(settings), 1);
    std::vector<double> divisors = rope_frequencies(settings, 1);
    for (std::size_t i = 0; i < divisors.size(); ++i) {
        divisors[i] = plain_frequencies[i] / divisors[i];
    }
    return divisors;
}

bool is_plain_divisors(const RopeSettings& settings) {
    return settings.kind == Kind::longrope && settings.short_factors == settings.long_factors &&
           settings.attention_factor == 1;
}

// A GGUF keeps Llama 3's bands only as the divisors that follow from them; the published models have these.
std::optional<RopeSettings> as_llama3(const RopeSettings& settings) {
    for (const double factor : {8.0, 32.0, 4.0, 16.0, 2.0}) {
        RopeSettings guess = settings;
        guess.kind = Kind::llama3;
        guess.factor = factor;
        guess.original_context = 8192;
        guess.low_freq_factor = 1;
        guess.high_freq_factor = 4;
        const std::vector<double> divisors = divisors_of(guess);
        bool same = divisors.size() == settings.short_factors.size();
        for (std::size_t i = 0; same && i < divisors.size(); ++i) {
            same = static_cast<float>(divisors[i]) == static_cast<float>(settings.short_factors[i]);
        }
        if (same) {
            return guess;
        }
    }
    return std::nullopt;
}

// How yarn turns its factor into one for cosines and sines.
double yarn_attention(double factor) {
    return factor <= 1 ? 1 : 0.1 * std::log(factor) + 1;
}

}  // namespace

double shortest_decimal(double value) {
    const auto narrow = static_cast<float>(value);
    if (static_cast<double>(narrow) != value || !std::isfinite(narrow)) {
        return value;
    }
    char text[64];
    const auto written = std::to_chars(text, text + sizeof text, narrow);
    double read = value;
    std::from_chars(text, written.ptr, read);
    return read;
}

void add_usual_sizes(nlohmann::ordered_json& config, const ModelShape& shape) {
    config["hidden_size"] = shape.hidden;
    config["intermediate_size"] = shape.ffn;
    config["num_hidden_layers"] = shape.layers;
    config["num_attention_heads"] = shape.heads;
    config["num_key_value_heads"] = shape.kv_heads;
    config["max_position_embeddings"] = shape.context;
    config["vocab_size"] = shape.vocab;
    config["tie_word_embeddings"] = shape.tied_embeddings;
}

Error not_writable(const std::string& what) {
    return {.code = "CONVERT_UNSUPPORTED", .message = what + "; nothing was written", .kind = ErrorKind::unsupported};
}

void GgufKeys::add(std::string_view key, GgufKind kind, GgufValue value) {
    // Sizes were range-checked when the shape was read, so that nothing here can fail.
    description_.entries.push_back(
        make_gguf_entry(description_.architecture + "." + std::string(key), kind, value).value());
}

void GgufKeys::shape(const ModelShape& shape) {
    u32("block_count", shape.layers);
    u32("context_length", shape.context);
    u32("embedding_length", shape.hidden);
    u32("feed_forward_length", shape.ffn);
    u32("attention.head_count", shape.heads);
    u32("attention.head_count_kv", shape.kv_heads);
    u32("attention.key_length", shape.head_dim);
    u32("attention.value_length", shape.head_dim);
    u32("vocab_size", shape.vocab);
}

Result<void> GgufKeys::rope(const RopeSettings& settings) {
    u32("rope.dimension_count", settings.dims);
    f32("rope.freq_base", settings.theta);
    switch (settings.kind) {
        case Kind::plain:
            return {};
        case Kind::linear:
            text("rope.scaling.type", "linear");
            f32("rope.scaling.factor", settings.factor);
            return {};
        case Kind::llama3: {
            const std::vector<double> divisors = divisors_of(settings);
            description_.extras.push_back({"rope_freqs.weight", {divisors.begin(), divisors.end()}});
            return {};
        }
        case Kind::longrope:
            if (is_plain_divisors(settings)) {
                description_.extras.push_back(
                    {"rope_freqs.weight", {settings.short_factors.begin(), settings.short_factors.end()}});
                return {};
            }
            text("rope.scaling.type", "longrope");
            // No factor: llama.cpp would divide positions by it, on top of what the tensors say.
            u32("rope.scaling.original_context_length", static_cast<std::int64_t>(settings.original_context));
            f32("rope.scaling.attn_factor", settings.attention_factor);
            description_.extras.push_back(
                {"rope_factors_long.weight", {settings.long_factors.begin(), settings.long_factors.end()}});
            description_.extras.push_back(
                {"rope_factors_short.weight", {settings.short_factors.begin(), settings.short_factors.end()}});
            return {};
        case Kind::yarn:
            if (!settings.truncate) {
                return not_writable("a GGUF cannot say that yarn's rotary scaling is not truncated");
            }
            text("rope.scaling.type", "yarn");
            f32("rope.scaling.factor", settings.factor);
            u32("rope.scaling.original_context_length", static_cast<std::int64_t>(settings.original_context));
            f32("rope.scaling.yarn_beta_fast", settings.beta_fast);
            f32("rope.scaling.yarn_beta_slow", settings.beta_slow);
            f32("rope.scaling.attn_factor", settings.attention_factor / yarn_attention(settings.factor));
            return {};
        case Kind::dynamic:
            break;
    }
    return not_writable("a GGUF cannot say a rotary scaling that grows with the length (dynamic)");
}

Result<std::string> rope_config_json(const RopeSettings& settings, std::int64_t head_dim) {
    if (settings.dims != head_dim) {
        return not_writable("rotating " + std::to_string(settings.dims) + " of the " + std::to_string(head_dim) +
                            " numbers of each head is not part of this architecture in transformers");
    }
    nlohmann::ordered_json config{{"rope_theta", shortest_decimal(settings.theta)}};
    nlohmann::ordered_json scaling;
    RopeSettings of = settings;
    if (is_plain_divisors(settings)) {
        if (const auto llama3 = as_llama3(settings)) {
            of = *llama3;
        }
    }
    switch (of.kind) {
        case Kind::plain:
            break;
        case Kind::linear:
            scaling = {{"rope_type", "linear"}, {"factor", of.factor}};
            break;
        case Kind::llama3:
            scaling = {{"rope_type", "llama3"},
                       {"factor", of.factor},
                       {"low_freq_factor", of.low_freq_factor},
                       {"high_freq_factor", of.high_freq_factor},
                       {"original_max_position_embeddings", static_cast<std::int64_t>(of.original_context)}};
            break;
        case Kind::longrope:
            scaling = {{"rope_type", "longrope"},
                       {"factor", 1.0},
                       {"attention_factor", of.attention_factor},
                       {"original_max_position_embeddings", static_cast<std::int64_t>(of.original_context)},
                       {"short_factor", of.short_factors},
                       {"long_factor", of.long_factors}};
            break;
        case Kind::yarn:
            scaling = {{"rope_type", "yarn"},
                       {"factor", of.factor},
                       {"attention_factor", of.attention_factor},
                       {"beta_fast", of.beta_fast},
                       {"beta_slow", of.beta_slow},
                       {"truncate", of.truncate},
                       {"original_max_position_embeddings", static_cast<std::int64_t>(of.original_context)}};
            break;
        case Kind::dynamic:
            scaling = {{"rope_type", "dynamic"},
                       {"factor", of.factor},
                       {"original_max_position_embeddings", static_cast<std::int64_t>(of.original_context)}};
            break;
    }
    if (!scaling.is_null()) {
        config["rope_scaling"] = std::move(scaling);
    }
    return config.dump();
}

}  // namespace tandem
