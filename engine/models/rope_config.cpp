#include "engine/models/rope_config.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "engine/models/inspect_check.h"
#include "engine/tensor/tensor_type.h"

namespace tandem {
namespace {

using Kind = RopeSettings::Kind;

// As transformers truncates it.
std::int64_t rotated_dims(std::int64_t head_dim, double partial) {
    return static_cast<std::int64_t>(static_cast<double>(head_dim) * partial);
}

double yarn_scale(double factor, double multiple) {
    return factor <= 1 ? 1 : 0.1 * multiple * std::log(factor) + 1;
}

// The factor of a stretched context, which newer configurations leave to the two context lengths.
Result<double> factor_of(const ConfigReader& rotary, const RopeSettings& settings, std::int64_t context) {
    if (!rotary.has("factor") && settings.original_context > 0) {
        return static_cast<double>(context) / settings.original_context;
    }
    return rotary.real("factor");
}

Result<void> read_yarn(const ConfigReader& rotary, RopeSettings& settings) {
    settings.beta_fast = TANDEM_TRY(rotary.real("beta_fast", 32));
    settings.beta_slow = TANDEM_TRY(rotary.real("beta_slow", 1));
    settings.truncate = TANDEM_TRY(rotary.truth("truncate", true));
    const double mscale = TANDEM_TRY(rotary.real("mscale", 0));
    const double mscale_all_dim = TANDEM_TRY(rotary.real("mscale_all_dim", 0));
    const double inferred = mscale != 0 && mscale_all_dim != 0
                                ? yarn_scale(settings.factor, mscale) / yarn_scale(settings.factor, mscale_all_dim)
                                : yarn_scale(settings.factor, 1);
    settings.attention_factor = TANDEM_TRY(rotary.real("attention_factor", inferred));
    return {};
}

Result<void> read_longrope(const ConfigReader& rotary, RopeSettings& settings) {
    settings.short_factors = TANDEM_TRY(rotary.reals("short_factor"));
    settings.long_factors = TANDEM_TRY(rotary.reals("long_factor"));
    const double inferred =
        settings.factor <= 1 ? 1 : std::sqrt(1 + std::log(settings.factor) / std::log(settings.original_context));
    settings.attention_factor = TANDEM_TRY(rotary.real("attention_factor", inferred));
    return {};
}

Result<void> read_scaling(const ConfigReader& config, const ConfigReader& rotary, const RopeDefaults& defaults,
                          RopeSettings& settings) {
    const std::string type = TANDEM_TRY(rotary.text(rotary.has("rope_type") ? "rope_type" : "type", "default"));
    if (type == "default") {
        return {};
    }
    // Phi-3 keeps the context outside, and that one counts.
    const std::int64_t unsaid = defaults.original_context > 0 ? defaults.original_context : defaults.context;
    settings.original_context = TANDEM_TRY(
        config.real("original_max_position_embeddings",
                    TANDEM_TRY(rotary.real("original_max_position_embeddings", static_cast<double>(unsaid)))));
    if (type == "longrope" || type == "su" || type == "yarn") {
        settings.factor = TANDEM_TRY(factor_of(rotary, settings, defaults.context));
        // The first Phi-3 called its factors by frequency "su" and "yarn".
        const bool is_yarn = type == "yarn" && !rotary.has("short_factor");
        settings.kind = is_yarn ? Kind::yarn : Kind::longrope;
        return is_yarn ? read_yarn(rotary, settings) : read_longrope(rotary, settings);
    }
    settings.factor = TANDEM_TRY(rotary.real("factor"));
    if (type == "linear") {
        settings.kind = Kind::linear;
    } else if (type == "dynamic") {
        settings.kind = Kind::dynamic;
        settings.original_context = static_cast<double>(defaults.context);
    } else if (type == "llama3") {
        settings.kind = Kind::llama3;
        settings.low_freq_factor = TANDEM_TRY(rotary.real("low_freq_factor"));
        settings.high_freq_factor = TANDEM_TRY(rotary.real("high_freq_factor"));
    } else {
        return config.unsupported("rotary scaling of type '" + type.substr(0, 40) + "'");
    }
    return {};
}

Error range_error(const std::string& what, const std::string& origin) {
    return {
        .code = "CFG_RANGE", .message = what + "; nothing was loaded", .where = origin, .kind = ErrorKind::bad_input};
}

// f32 [dims / 2] of the file; empty where it is not there.
Result<std::vector<double>> factors_of(const GgufFile& file, std::string_view name) {
    const TensorView* tensor = file.find(name);
    if (tensor == nullptr) {
        return std::vector<double>{};
    }
    constexpr std::int64_t most = 1 << 14;
    if (tensor->elements() > most) {
        return range_error(std::string(name) + " has " + std::to_string(tensor->elements()) + " numbers",
                           file.origin());
    }
    std::vector<float> numbers(static_cast<std::size_t>(tensor->elements()));
    TANDEM_TRY(dequantise(tensor->type, tensor->data, numbers));
    return std::vector<double>(numbers.begin(), numbers.end());
}

}  // namespace

std::string describe(const RopeSettings& settings) {
    std::ostringstream text;
    text << "theta " << settings.theta << ", " << settings.dims << " numbers of each head";
    switch (settings.kind) {
        case Kind::plain:
            break;
        case Kind::linear:
            text << ", linear by " << settings.factor;
            break;
        case Kind::dynamic:
            text << ", dynamic by " << settings.factor << " beyond " << settings.original_context << " tokens";
            break;
        case Kind::yarn:
            text << ", yarn by " << settings.factor << " from " << settings.original_context << " tokens";
            break;
        case Kind::longrope:
            text << ", a factor for each frequency, others beyond " << settings.original_context << " tokens";
            break;
        case Kind::llama3:
            text << ", llama3 by " << settings.factor << " from " << settings.original_context << " tokens";
            break;
    }
    return text.str();
}

std::string describe_window(std::int64_t window) {
    return window == 0 ? "all tokens" : std::to_string(window) + " tokens";
}

Result<RopeSettings> checked_rope(RopeSettings settings, const std::string& origin) {
    constexpr std::int64_t most_dims = 1 << 14;
    constexpr double most_context = 1 << 30;
    if (settings.dims < 0 || settings.dims > most_dims) {
        return range_error("rotated numbers of a head are " + std::to_string(settings.dims) + ", allowed are 0.." +
                               std::to_string(most_dims),
                           origin);
    }
    if (settings.dims % 2 != 0) {
        return Error{.code = "CFG_HEADS",
                     .message = std::to_string(settings.dims) +
                                " numbers of a head cannot be rotated in pairs; nothing was loaded",
                     .where = origin,
                     .kind = ErrorKind::bad_input};
    }
    if (!(settings.theta >= 1 && settings.theta <= 1e12) || !(settings.factor > 0 && settings.factor <= 1e6)) {
        return range_error("rotary theta is " + std::to_string(settings.theta) + " and its factor " +
                               std::to_string(settings.factor) + ", allowed are 1..1e12 and above 0 to 1e6",
                           origin);
    }
    if (!(settings.attention_factor > 0 && settings.attention_factor <= 1e3)) {
        return range_error("the rotary attention_factor is " + std::to_string(settings.attention_factor) +
                               ", allowed is above 0 to 1000",
                           origin);
    }
    const bool needs_context = settings.kind != Kind::plain && settings.kind != Kind::linear;
    if (needs_context && !(settings.original_context >= 1 && settings.original_context <= most_context)) {
        return range_error("the context that rotary scaling starts from is " +
                               std::to_string(settings.original_context) + ", allowed are 1.." +
                               std::to_string(static_cast<std::int64_t>(most_context)),
                           origin);
    }
    if (settings.kind == Kind::llama3 &&
        !(settings.low_freq_factor > 0 && settings.high_freq_factor > settings.low_freq_factor)) {
        return range_error("the numbers of llama3's rotary scaling are out of range", origin);
    }
    if (settings.kind == Kind::yarn && !(settings.beta_slow > 0 && settings.beta_fast >= settings.beta_slow)) {
        return range_error("beta_fast and beta_slow of yarn's rotary scaling are out of range", origin);
    }
    if (settings.kind == Kind::dynamic && settings.dims <= 2) {
        return range_error("dynamic rotary scaling needs more than 2 rotated numbers", origin);
    }
    if (settings.kind == Kind::longrope) {
        for (const auto* factors : {&settings.short_factors, &settings.long_factors}) {
            if (factors->size() != static_cast<std::size_t>(settings.dims / 2)) {
                return range_error("rotary scaling has " + std::to_string(factors->size()) +
                                       " factors, need one for each of " + std::to_string(settings.dims / 2) +
                                       " frequencies",
                                   origin);
            }
            for (const double factor : *factors) {
                if (!(std::isfinite(factor) && factor > 0)) {
                    return range_error("rotary scaling has a factor of " + std::to_string(factor) +
                                           ", allowed are finite numbers above 0",
                                       origin);
                }
            }
        }
    }
    return settings;
}

Result<RopeSettings> read_rope(const ConfigReader& config, const RopeDefaults& defaults) {
    RopeSettings settings;
    settings.theta = TANDEM_TRY(config.real(defaults.theta_key, defaults.theta));
    double partial = TANDEM_TRY(config.real(defaults.partial_key, defaults.partial));
    const char* key = config.has("rope_parameters") ? "rope_parameters" : "rope_scaling";
    if (config.has(key)) {
        ConfigReader rotary = TANDEM_TRY(config.object(key));
        const bool by_type = !defaults.layer_type.empty() && rotary.has(defaults.layer_type);
        if (by_type) {
            rotary = TANDEM_TRY(rotary.object(defaults.layer_type));
        }
        if (by_type || !defaults.by_layer_type_only) {
            settings.theta = TANDEM_TRY(rotary.real("rope_theta", settings.theta));
            partial = TANDEM_TRY(rotary.real("partial_rotary_factor", partial));
            TANDEM_TRY(read_scaling(config, rotary, defaults, settings));
        }
    }
    if (!(partial >= 0 && partial <= 1)) {
        return config.fault(
            "CFG_RANGE", std::string(defaults.partial_key) + " is " + std::to_string(partial) + ", allowed are 0..1");
    }
    settings.dims = rotated_dims(defaults.head_dim, partial);
    return checked_rope(std::move(settings), config.origin());
}

// As llama.cpp reads it: a factor without a type is linear, "none" makes it void, and older files say scale_linear.
Result<RopeSettings> read_rope(const GgufConfig& config, const RopeDefaults& defaults) {
    RopeSettings settings;
    settings.theta = TANDEM_TRY(config.real("rope.freq_base", defaults.theta));
    settings.dims =
        TANDEM_TRY(config.integer("rope.dimension_count", rotated_dims(defaults.head_dim, defaults.partial)));
    const std::string type = TANDEM_TRY(config.text("rope.scaling.type", "linear"));
    if (type != "none" && type != "linear" && type != "yarn" && type != "longrope") {
        return config.unsupported("rotary scaling of type '" + type.substr(0, 40) + "'");
    }
    const double factor =
        TANDEM_TRY(config.real(config.has("rope.scaling.factor") ? "rope.scaling.factor" : "rope.scale_linear", 1));
    settings.factor = type == "none" || factor == 0 ? 1 : factor;
    settings.original_context =
        static_cast<double>(TANDEM_TRY(config.integer("rope.scaling.original_context_length", defaults.context)));
    const std::vector<double> divisors = TANDEM_TRY(factors_of(config.file(), "rope_freqs.weight"));
    settings.short_factors = TANDEM_TRY(factors_of(config.file(), "rope_factors_short.weight"));
    settings.long_factors = TANDEM_TRY(factors_of(config.file(), "rope_factors_long.weight"));
    if (!divisors.empty()) {
        if (settings.factor != 1) {
            return config.unsupported("a linear rotary scaling on top of rope_freqs.weight");
        }
        settings.kind = Kind::longrope;
        settings.short_factors = divisors;
        settings.long_factors = divisors;
        settings.original_context = std::max(settings.original_context, 1.0);
    } else if (!settings.short_factors.empty() || !settings.long_factors.empty()) {
        if (settings.factor != 1) {
            return config.unsupported("a linear rotary scaling on top of a factor for each frequency");
        }
        settings.kind = Kind::longrope;
        settings.attention_factor = TANDEM_TRY(config.real("rope.scaling.attn_factor", 1));
    } else if (type == "yarn" && settings.factor != 1) {
        settings.kind = Kind::yarn;
        settings.beta_fast = TANDEM_TRY(config.real("rope.scaling.yarn_beta_fast", 32));
        settings.beta_slow = TANDEM_TRY(config.real("rope.scaling.yarn_beta_slow", 1));
        settings.attention_factor =
            TANDEM_TRY(config.real("rope.scaling.attn_factor", 1)) * yarn_scale(settings.factor, 1);
    } else if (settings.factor != 1) {
        settings.kind = Kind::linear;
    }
    return checked_rope(std::move(settings), config.file().origin());
}

}  // namespace tandem
