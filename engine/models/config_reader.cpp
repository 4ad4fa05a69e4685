#include "engine/models/config_reader.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/api/utf8.h"
#include "engine/models/inspect_check.h"
#include "engine/models/int8_weights.h"

namespace tandem {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t largest_integer = std::uint64_t{1} << 62;
constexpr std::size_t most_items = 1 << 16;

const Json nothing;

// Keys of all families, and of code that a checkpoint brings along, that change what is computed, each with the value
// that does not.
struct NeutralValue {
    const char* key;
    Json neutral;
};

const std::vector<NeutralValue>& neutral_values() {
    static const std::vector<NeutralValue> values{
        {"attention_multiplier", nullptr},
        {"query_pre_attn_scalar", nullptr},
        {"attn_logit_softcapping", nullptr},
        {"final_logit_softcapping", nullptr},
        {"attn_logits_soft_cap", nullptr},
        {"logits_soft_cap", nullptr},
        {"clip_qkv", nullptr},
        {"attention_chunk_size", nullptr},
        {"sliding_window", nullptr},
        {"attention_window_size", nullptr},
        {"no_rope_layers", nullptr},
        {"layer_types", nullptr},
        {"rope_parameters", nullptr},
        {"rope_scaling", nullptr},
        {"quantization_config", nullptr},
        {"partial_rotary_factor", 1},
        {"rotary_pct", 1},
        {"logit_scale", 1},
        {"logits_scaling", 1},
        {"embedding_multiplier", 1},
        {"residual_multiplier", 1},
        {"scale_emb", 1},
        {"scale_depth", nullptr},
        {"use_qk_norm", false},
        {"qk_layernorm", false},
        {"use_parallel_residual", false},
        {"parallel_attn", false},
        {"alibi", false},
        {"attention_bias", false},
        {"mlp_bias", false},
        {"qkv_bias", nullptr},
        {"use_qkv_bias", nullptr},
        {"attention_sinks", nullptr},
        {"num_local_experts", nullptr},
        {"num_experts", nullptr},
        {"is_decoder", true},
        {"is_causal", true},
        {"cross_attention", nullptr},
        {"add_cross_attention", false},
    };
    return values;
}

bool holds(const Json& value, const Json& neutral) {
    if (value.is_null() || value == neutral) {
        return true;
    }
    if (value.is_array()) {  // layer_types
        return std::ranges::all_of(value, [](const Json& type) { return type == "full_attention"; });
    }
    return neutral == Json(nullptr) && value.is_boolean() && !value.get<bool>();
}

// Names the method, not the whole of its settings.
Error quantised(const Json& config, const std::string& origin) {
    const auto text = [&](const char* key) {
        const auto found = config.find(key);
        return found != config.end() && found->is_string() ? printable(found->get<std::string>()) : std::string();
    };
    const std::string method = text("quant_method");
    const std::string format = text("format");
    const auto bits = config.find("bits");
    std::string what = method.empty() ? "in a way that quantization_config does not name" : "by " + method;
    what += format.empty() ? "" : " (" + format + ")";
    what += bits != config.end() && bits->is_number_integer() ? ", " + bits->dump() + " bits" : "";
    return {
        .code = "CFG_UNSUPPORTED",
        .message = "the folder's weights are quantised " + what +
                   ", which this version does not read (of such folders it reads int8 with a scale for each row, as "
                   "`tandem model convert --to int8` writes it); take the checkpoint that was quantised and convert "
                   "it, as with `tandem model convert --to q4_k`, or a GGUF of it; nothing was loaded",
        .where = origin,
        .kind = ErrorKind::unsupported};
}

}  // namespace

ConfigReader::ConfigReader(const Json& object, std::string origin)
    : object_(&object),
      origin_(std::move(origin)),
      asked_(std::make_shared<std::set<std::string, std::less<>>>()),
      warnings_(std::make_shared<std::vector<std::string>>()) {}

const Json& ConfigReader::value(std::string_view key) const {
    asked_->emplace(key);
    const auto found = object_->find(key);
    return found == object_->end() ? nothing : *found;
}

bool ConfigReader::has(std::string_view key) const {
    return !value(key).is_null();
}

bool ConfigReader::says_null(std::string_view key) const {
    asked_->emplace(key);
    const auto found = object_->find(key);
    return found != object_->end() && found->is_null();
}

Result<std::int64_t> ConfigReader::integer(std::string_view key, std::optional<std::int64_t> absent) const {
    const Json& found = value(key);
    if (found.is_null()) {
        return absent ? Result<std::int64_t>(*absent) : missing(key);
    }
    if (found.is_number_unsigned() && found.get<std::uint64_t>() > largest_integer) {
        return fault("CFG_RANGE", std::string(key) + " is " + found.dump() + ", which no model has");
    }
    return found.is_number_integer() ? Result<std::int64_t>(found.get<std::int64_t>())
                                     : wrong_type(key, "a whole number", found);
}

Result<double> ConfigReader::real(std::string_view key, std::optional<double> absent) const {
    const Json& found = value(key);
    if (found.is_null()) {
        return absent ? Result<double>(*absent) : missing(key);
    }
    return found.is_number() ? Result<double>(found.get<double>()) : wrong_type(key, "a number", found);
}

Result<std::string> ConfigReader::text(std::string_view key, std::optional<std::string> absent) const {
    const Json& found = value(key);
    if (found.is_null()) {
        return absent ? Result<std::string>(*absent) : missing(key);
    }
    return found.is_string() ? Result<std::string>(found.get<std::string>()) : wrong_type(key, "a string", found);
}

Result<bool> ConfigReader::truth(std::string_view key, std::optional<bool> absent) const {
    const Json& found = value(key);
    if (found.is_null()) {
        return absent ? Result<bool>(*absent) : missing(key);
    }
    return found.is_boolean() ? Result<bool>(found.get<bool>()) : wrong_type(key, "true or false", found);
}

template <class Item, class Read>
Result<std::vector<Item>> ConfigReader::list(std::string_view key, const char* need, Read&& read) const {
    const Json& found = value(key);
    std::vector<Item> items;
    if (found.is_null()) {
        return items;
    }
    if (!found.is_array() || found.size() > most_items) {
        return wrong_type(key, need, found);
    }
    for (const Json& item : found) {
        const std::optional<Item> one = read(item);
        if (!one) {
            return wrong_type(key, need, found);
        }
        items.push_back(*one);
    }
    return items;
}

Result<std::vector<std::int64_t>> ConfigReader::integers(std::string_view key) const {
    return list<std::int64_t>(key, "a list of whole numbers", [](const Json& item) -> std::optional<std::int64_t> {
        const bool fits =
            item.is_number_integer() && !(item.is_number_unsigned() && item.get<std::uint64_t>() > largest_integer);
        return fits ? std::optional(item.get<std::int64_t>()) : std::nullopt;
    });
}

Result<std::vector<double>> ConfigReader::reals(std::string_view key) const {
    return list<double>(key, "a list of numbers", [](const Json& item) -> std::optional<double> {
        return item.is_number() ? std::optional(item.get<double>()) : std::nullopt;
    });
}

Result<std::vector<std::string>> ConfigReader::texts(std::string_view key) const {
    return list<std::string>(key, "a list of strings", [](const Json& item) -> std::optional<std::string> {
        return item.is_string() ? std::optional(item.get<std::string>()) : std::nullopt;
    });
}

Result<ConfigReader> ConfigReader::object(std::string_view key) const {
    const Json& found = value(key);
    if (found.is_null()) {
        return missing(key);
    }
    if (!found.is_object()) {
        return wrong_type(key, "an object", found);
    }
    ConfigReader inner(found, origin_ + ":" + std::string(key));
    inner.warnings_ = warnings_;
    return inner;
}

Result<std::int64_t> ConfigReader::head_dim(std::string_view key, std::int64_t hidden, std::int64_t heads) const {
    if (has(key)) {
        return integer(key);
    }
    if (heads < 1 || hidden < 1) {
        return std::int64_t{2};  // the range check that follows names the one at fault
    }
    if (hidden % heads != 0) {
        return fault("CFG_HEADS",
                     std::to_string(heads) + " heads do not divide a hidden size of " + std::to_string(hidden));
    }
    return hidden / heads;
}

Result<Activation> ConfigReader::activation(std::string_view key, std::string absent) const {
    const std::string name = TANDEM_TRY(text(key, std::move(absent)));
    const std::optional<Activation> known = activation_of(name);
    return known ? Result<Activation>(*known) : unsupported("the activation '" + name.substr(0, 40) + "'");
}

Result<void> ConfigReader::refuse_unless(std::string_view key, const Json& neutral) const {
    const Json& found = value(key);
    if (!holds(found, neutral)) {
        return unsupported(std::string(key) + " " +
                           found.dump(-1, ' ', false, Json::error_handler_t::replace).substr(0, 60) +
                           (neutral.is_null() ? "" : " (other than " + neutral.dump() + ")"));
    }
    return {};
}

Result<void> ConfigReader::refuse_unread() const {
    for (const auto& [key, neutral] : neutral_values()) {
        if (asked_->contains(key)) {
            continue;
        }
        // The one way of quantising that the loader of folders knows; the tensors themselves say the rest.
        if (std::string_view(key) == "quantization_config" && is_int8_config(value(key))) {
            continue;
        }
        if (std::string_view(key) == "quantization_config" && value(key).is_object()) {
            return quantised(value(key), origin_);
        }
        TANDEM_TRY(refuse_unless(key, neutral));
    }
    return {};
}

Error ConfigReader::missing(std::string_view key) const {
    return fault("CFG_MISSING", "there is no '" + std::string(key) + "'");
}

Error ConfigReader::wrong_type(std::string_view key, const char* need, const Json& found) const {
    const std::string text = found.dump(-1, ' ', false, Json::error_handler_t::replace);
    return fault("CFG_TYPE", std::string(key) + ": need " + need + ", found " + text.substr(0, 80));
}

Error ConfigReader::fault(const char* code, const std::string& message) const {
    return {.code = code, .message = message + "; nothing was loaded", .where = origin_, .kind = ErrorKind::bad_input};
}

Error ConfigReader::unsupported(const std::string& what) const {
    return unsupported_variant(what, origin_);
}

}  // namespace tandem
