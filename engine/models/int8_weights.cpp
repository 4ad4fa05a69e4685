#include "engine/models/int8_weights.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace tandem {
namespace {

using Json = nlohmann::json;

bool is_absent(const Json& object, const char* key) {
    return !object.contains(key) || object[key].is_null();
}

bool says(const Json& object, const char* key, const Json& value) {
    return object.contains(key) && object[key] == value;
}

}  // namespace

const TensorView* int8_scales(const WeightFile& file, const TensorView& weight) {
    if (weight.type != TensorType::i8 || weight.shape.size() != 2) {
        return nullptr;
    }
    const TensorView* scales = file.find(weight.name + "_scale");
    const bool fits =
        scales != nullptr && scales->elements() == weight.shape[0] && dequantise(scales->type, {}, {}).ok();
    return fits ? scales : nullptr;
}

bool is_int8_scale(const WeightFile& file, const TensorView& tensor) {
    constexpr std::string_view end = "_scale";
    if (!tensor.name.ends_with(end)) {
        return false;
    }
    const TensorView* weight = file.find(std::string_view(tensor.name).substr(0, tensor.name.size() - end.size()));
    return weight != nullptr && int8_scales(file, *weight) == &tensor;
}

bool is_int8_config(const Json& config) {
    if (!config.is_object() || !says(config, "quant_method", "compressed-tensors") ||
        !says(config, "format", "int-quantized") || !is_absent(config, "kv_cache_scheme") ||
        !config.contains("config_groups") || !config["config_groups"].is_object()) {
        return false;
    }
    return std::ranges::all_of(config["config_groups"], [](const Json& group) {
        return group.is_object() && is_absent(group, "input_activations") && is_absent(group, "output_activations") &&
               group.contains("weights") && group["weights"].is_object() && says(group["weights"], "num_bits", 8) &&
               says(group["weights"], "type", "int") && says(group["weights"], "symmetric", true) &&
               says(group["weights"], "strategy", "channel");
    });
}

}  // namespace tandem
