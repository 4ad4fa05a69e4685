#include "engine/tensor/weight_file.h"

namespace tandem {

std::int64_t TensorView::elements() const {
    std::int64_t product = 1;
    for (const std::int64_t size : shape) {
        product *= size;
    }
    return product;
}

}  // namespace tandem
