// A tensor that is going to be written: everything but its numbers. Thread rule: plain data.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/api/result.h"
#include "engine/tensor/tensor_type.h"

namespace tandem {

struct TensorPlan {
    std::string name;
    TensorType type = TensorType::f32;
    std::vector<std::int64_t> shape;  // outermost first
};

// What it takes in a file. Errors: TENSOR_SIZE (a negative size, a sum beyond 63 bits, or rows of the innermost
// dimension that are no whole blocks).
Result<std::int64_t> stored_bytes(const TensorPlan& tensor);

}  // namespace tandem
