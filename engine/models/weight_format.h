// Which format a matrix is held in, decided from the option, the file's type and the device. Thread rule: stateless.
#pragma once

#include <ATen/ATen.h>

#include <string>
#include <variant>

#include "engine/api/options.h"
#include "engine/api/result.h"
#include "engine/tensor/tensor_type.h"

namespace tandem {

// A dense tensor of a type, or rows of a file's blocks.
using WeightFormat = std::variant<at::ScalarType, TensorType>;

// native on the CPU keeps f32 dense and every other type as the file's rows. On CUDA there are no kernels for blocks:
// native makes them dense f16, and int8 and int4 are refused, as neither their memory nor their speed could be measured
// there. Errors: DTYPE_UNAVAILABLE.
Result<WeightFormat> weight_format(Dtype dtype, TensorType stored, at::Device device);

// What keys and values are kept in: f32 where products are computed in f32, else the type of the products.
at::ScalarType cache_type(Dtype dtype, at::Device device);

}  // namespace tandem
