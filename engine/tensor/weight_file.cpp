#include "engine/tensor/weight_file.h"

#include <utility>

namespace tandem {

std::int64_t TensorView::elements() const {
    std::int64_t product = 1;
    for (const std::int64_t size : shape) {
        product *= size;
    }
    return product;
}

WeightFile::WeightFile(std::vector<TensorView> tensors) : tensors_(std::move(tensors)) {
    by_name_.reserve(tensors_.size());
    for (const TensorView& tensor : tensors_) {
        by_name_.emplace(tensor.name, &tensor);
    }
}

const TensorView* WeightFile::find(std::string_view name) const {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : found->second;
}

}  // namespace tandem
