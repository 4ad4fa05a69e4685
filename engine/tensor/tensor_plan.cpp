#include "engine/tensor/tensor_plan.h"

#include <limits>

#include "engine/api/utf8.h"
#include "engine/tensor/checked.h"

namespace tandem {
namespace {

Error size_error(const TensorPlan& tensor, const std::string& message) {
    return {.code = "TENSOR_SIZE",
            .message = "tensor '" + printable(tensor.name) + "' " + message + "; nothing was written",
            .kind = ErrorKind::bad_input};
}

}  // namespace

Result<std::int64_t> stored_bytes(const TensorPlan& tensor) {
    const TensorTypeInfo& info = tensor_type_info(tensor.type);
    std::uint64_t elements = 1;
    for (const std::int64_t size : tensor.shape) {
        const auto product = size < 0 ? std::nullopt : checked::mul(elements, static_cast<std::uint64_t>(size));
        if (!product) {
            return size_error(tensor, "has a size below 0 or more elements than 64 bits count");
        }
        elements = *product;
    }
    const std::int64_t row = tensor.shape.empty() ? 1 : tensor.shape.back();
    if (row % info.block_elements != 0) {
        return size_error(tensor, "has rows of " + std::to_string(row) + " elements, " + std::string(info.name) +
                                      " needs a multiple of " + std::to_string(info.block_elements));
    }
    const auto bytes = checked::mul(elements / static_cast<std::uint64_t>(info.block_elements),
                                    static_cast<std::uint64_t>(info.block_bytes));
    if (!bytes || *bytes > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        return size_error(tensor, "takes more bytes than 63 bits count");
    }
    return static_cast<std::int64_t>(*bytes);
}

}  // namespace tandem
