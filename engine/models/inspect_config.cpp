// config.json of Hugging Face folders. Absent keys have the defaults of transformers 5.17's LlamaConfig and
// MistralConfig.
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "engine/models/inspect.h"
#include "engine/models/inspect_check.h"
#include "engine/models/inspect_sources.h"

namespace tandem {
namespace {

using Json = nlohmann::json;

constexpr std::size_t largest_config = 4U << 20;
constexpr int deepest = 64;
const std::array<std::string, 2> families{"llama", "mistral"};

class ConfigReader {
public:
    ConfigReader(const Json& config, const std::string& origin) : config_(config), origin_(origin) {}

    Result<ConfigReading> read() {
        const std::string family = TANDEM_TRY(text(config_, "model_type", std::nullopt));
        if (family != families[0] && family != families[1]) {
            return unknown_family(family, families, origin_);
        }
        const bool mistral = family == "mistral";
        TANDEM_TRY(refuse_variants(mistral));
        ModelShape shape;
        shape.architecture = "llama";
        shape.layers = TANDEM_TRY(integer(config_, "num_hidden_layers", std::nullopt));
        shape.hidden = TANDEM_TRY(integer(config_, "hidden_size", std::nullopt));
        shape.heads = TANDEM_TRY(integer(config_, "num_attention_heads", std::nullopt));
        shape.kv_heads = TANDEM_TRY(integer(config_, "num_key_value_heads", mistral ? 8 : shape.heads));
        shape.head_dim = TANDEM_TRY(head_size(shape));
        shape.ffn = TANDEM_TRY(integer(config_, "intermediate_size", std::nullopt));
        shape.vocab = TANDEM_TRY(integer(config_, "vocab_size", std::nullopt));
        shape.context = TANDEM_TRY(integer(config_, "max_position_embeddings", mistral ? 131072 : 2048));
        shape.tied_embeddings = TANDEM_TRY(truth("tie_word_embeddings", false));
        shape.attention_bias = !mistral && TANDEM_TRY(truth("attention_bias", false));
        shape.mlp_bias = !mistral && TANDEM_TRY(truth("mlp_bias", false));
        shape.norm_epsilon = TANDEM_TRY(real(config_, "rms_norm_eps", 1e-6));
        TANDEM_TRY(read_rotary(shape));
        ConfigReading reading;
        reading.shape = TANDEM_TRY(checked_shape(std::move(shape), origin_));
        if (config_.contains("auto_map")) {
            reading.warnings.push_back(
                "W_AUTO_MAP: config.json names Python code of its own (auto_map), which is ignored and never run");
        }
        return reading;
    }

private:
    Result<void> refuse_variants(bool mistral) const {
        const std::string activation = TANDEM_TRY(text(config_, "hidden_act", "silu"));
        if (activation != "silu" && activation != "swish") {
            return unsupported_variant("the activation '" + activation.substr(0, 40) + "'", origin_);
        }
        if (TANDEM_TRY(real(config_, "partial_rotary_factor", 1)) != 1) {
            return unsupported_variant("a partial_rotary_factor other than 1", origin_);
        }
        if (present(config_, "quantization_config")) {
            return unsupported_variant("a quantization_config (weights packed by another tool)", origin_);
        }
        TANDEM_TRY(refuse_scales());
        // An absent sliding_window means 4096 to Mistral's own code; only an explicit null is full attention.
        if (present(config_, "sliding_window") || (mistral && !config_.contains("sliding_window"))) {
            return unsupported_variant("attention with a sliding window", origin_);
        }
        return {};
    }

    // Keys of other families, and of code that a checkpoint brings along, that change what is computed; each with the
    // value that does not. Null and absent are fine too.
    Result<void> refuse_scales() const {
        struct NeutralValue {
            const char* key;
            Json neutral;
        };
        const NeutralValue refused_unless_neutral[] = {
            {"attention_multiplier", nullptr},
            {"query_pre_attn_scalar", nullptr},
            {"attn_logit_softcapping", nullptr},
            {"final_logit_softcapping", nullptr},
            {"clip_qkv", nullptr},
            {"attention_chunk_size", nullptr},
            {"no_rope_layers", nullptr},
            {"logit_scale", 1},
            {"logits_scaling", 1},
            {"embedding_multiplier", 1},
            {"residual_multiplier", 1},
            {"use_qk_norm", false},
            {"use_parallel_residual", false},
            {"is_causal", true},
        };
        for (const auto& [key, neutral] : refused_unless_neutral) {
            if (present(config_, key) && config_.at(key) != neutral) {
                return unsupported_variant(
                    std::string(key) + (neutral.is_null() ? "" : " other than " + neutral.dump()), origin_);
            }
        }
        if (present(config_, "layer_types")) {
            for (const Json& type : config_.at("layer_types")) {
                if (type != "full_attention") {
                    return unsupported_variant("a layer of a type other than full_attention (layer_types)", origin_);
                }
            }
        }
        return {};
    }

    Result<std::int64_t> head_size(const ModelShape& shape) const {
        if (present(config_, "head_dim")) {
            return integer(config_, "head_dim", std::nullopt);
        }
        if (shape.heads < 1 || shape.hidden < 1) {
            return std::int64_t{2};  // the range check that follows names the one at fault
        }
        if (shape.hidden % shape.heads != 0) {
            return fault("CFG_HEADS", std::to_string(shape.heads) + " heads do not divide a hidden size of " +
                                          std::to_string(shape.hidden));
        }
        return shape.hidden / shape.heads;
    }

    // transformers 5 writes rope_parameters; before that rope_theta and rope_scaling.
    Result<void> read_rotary(ModelShape& shape) const {
        shape.rope_theta = TANDEM_TRY(real(config_, "rope_theta", 10000));
        const char* key = present(config_, "rope_parameters") ? "rope_parameters" : "rope_scaling";
        if (!present(config_, key)) {
            return {};
        }
        const Json& rotary = config_.at(key);
        if (!rotary.is_object()) {
            return fault("CFG_TYPE", std::string(key) + " is not an object");
        }
        shape.rope_theta = TANDEM_TRY(real(rotary, "rope_theta", shape.rope_theta));
        const char* type_key = rotary.contains("rope_type") ? "rope_type" : "type";
        const std::string type = TANDEM_TRY(text(rotary, type_key, "default"));
        if (type == "default") {
            return {};
        }
        if (type != "linear" && type != "llama3") {
            return unsupported_variant("rotary scaling of type '" + type.substr(0, 40) + "'", origin_);
        }
        shape.rope_scaling_type = type;
        shape.rope_scaling_factor = TANDEM_TRY(real(rotary, "factor", std::nullopt));
        if (type == "llama3") {
            shape.rope_low_freq_factor = TANDEM_TRY(real(rotary, "low_freq_factor", std::nullopt));
            shape.rope_high_freq_factor = TANDEM_TRY(real(rotary, "high_freq_factor", std::nullopt));
            shape.rope_original_context = TANDEM_TRY(integer(rotary, "original_max_position_embeddings", std::nullopt));
            if (shape.rope_original_context < 1 || shape.rope_original_context > (1 << 30) ||
                !(shape.rope_low_freq_factor > 0 && shape.rope_high_freq_factor > shape.rope_low_freq_factor)) {
                return fault("CFG_RANGE", "the numbers of llama3's rotary scaling are out of range");
            }
        }
        return {};
    }

    static bool present(const Json& object, const char* key) {
        const auto found = object.find(key);
        return found != object.end() && !found->is_null();
    }

    Result<std::int64_t> integer(const Json& object, const char* key, std::optional<std::int64_t> absent) const {
        if (!present(object, key)) {
            return absent ? Result<std::int64_t>(*absent) : missing(key);
        }
        const Json& value = object.at(key);
        if (value.is_number_unsigned() && value.get<std::uint64_t>() > (std::uint64_t{1} << 62)) {
            return fault("CFG_RANGE", std::string(key) + " is " + value.dump() + ", which no model has");
        }
        if (value.is_number_integer()) {
            return value.get<std::int64_t>();
        }
        return wrong_type(key, "a whole number", value);
    }

    Result<double> real(const Json& object, const char* key, std::optional<double> absent) const {
        if (!present(object, key)) {
            return absent ? Result<double>(*absent) : missing(key);
        }
        const Json& value = object.at(key);
        if (!value.is_number()) {
            return wrong_type(key, "a number", value);
        }
        return value.get<double>();
    }

    Result<std::string> text(const Json& object, const char* key, std::optional<std::string> absent) const {
        if (!present(object, key)) {
            return absent ? Result<std::string>(*absent) : missing(key);
        }
        const Json& value = object.at(key);
        return value.is_string() ? Result<std::string>(value.get<std::string>()) : wrong_type(key, "a string", value);
    }

    Result<bool> truth(const char* key, bool absent) const {
        if (!present(config_, key)) {
            return absent;
        }
        const Json& value = config_.at(key);
        return value.is_boolean() ? Result<bool>(value.get<bool>()) : wrong_type(key, "true or false", value);
    }

    Error missing(const char* key) const { return fault("CFG_MISSING", "there is no '" + std::string(key) + "'"); }

    Error wrong_type(const char* key, const char* need, const Json& value) const {
        const std::string found = value.dump(-1, ' ', false, Json::error_handler_t::replace);
        return fault("CFG_TYPE", std::string(key) + ": need " + need + ", found " + found.substr(0, 80));
    }

    Error fault(const char* code, const std::string& message) const {
        return {
            .code = code, .message = message + "; nothing was loaded", .where = origin_, .kind = ErrorKind::bad_input};
    }

    const Json& config_;
    const std::string& origin_;
};

}  // namespace

Result<ConfigReading> read_config(std::string_view config_json, const std::string& origin) {
    const auto fault = [&](const char* code, const std::string& message) {
        return Error{
            .code = code, .message = message + "; nothing was loaded", .where = origin, .kind = ErrorKind::bad_input};
    };
    if (config_json.size() > largest_config) {
        return fault("CFG_TOO_LARGE", "the configuration has more than " + std::to_string(largest_config) + " bytes");
    }
    bool too_deep = false;
    const auto watch_depth = [&](int depth, Json::parse_event_t, Json&) {
        too_deep = too_deep || depth > deepest;
        return !too_deep;
    };
    const Json config = Json::parse(config_json.begin(), config_json.end(), watch_depth, /*allow_exceptions=*/false);
    if (too_deep) {
        return fault("JSON_TOO_DEEP", "the configuration nests deeper than " + std::to_string(deepest) + " levels");
    }
    if (!config.is_object()) {
        return fault("CFG_NOT_JSON", "the configuration is not a JSON object");
    }
    return ConfigReader(config, origin).read();
}

Result<ModelShape> shape_from_config(std::string_view config_json, const std::string& origin) {
    return TANDEM_TRY(read_config(config_json, origin)).shape;
}

}  // namespace tandem
