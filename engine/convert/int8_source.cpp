#include "engine/convert/int8_source.h"

namespace tandem {

const TensorView* Int8Source::scales_of(const TensorView& weight) const {
    if (weight.type != TensorType::i8 || weight.shape.size() != 2) {
        return nullptr;
    }
    const TensorView* scales = file_.find(weight.name + "_scale");
    const bool fits =
        scales != nullptr && scales->elements() == weight.shape[0] && dequantise(scales->type, {}, {}).ok();
    return fits ? scales : nullptr;
}

bool Int8Source::is_scale(const TensorView& tensor) const {
    constexpr std::string_view end = "_scale";
    if (!tensor.name.ends_with(end)) {
        return false;
    }
    const TensorView* weight = file_.find(std::string_view(tensor.name).substr(0, tensor.name.size() - end.size()));
    return weight != nullptr && scales_of(*weight) == &tensor;
}

Result<void> check_numbers(const TensorJob& job) {
    return job.scales != nullptr ? Result<void>() : dequantise(job.source->type, {}, {});
}

}  // namespace tandem
