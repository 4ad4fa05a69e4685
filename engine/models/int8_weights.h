// Weights of signed bytes with a scale for each row, number = code * scale, as compressed-tensors keeps them and as
// `tandem model convert --to int8` writes them: X.weight I8 [out, in] beside X.weight_scale [out, 1] or [out]. No
// torch. Thread rule: stateless.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "engine/tensor/weight_file.h"

namespace tandem {

// Null where the tensor is no such weight.
const TensorView* int8_scales(const WeightFile& file, const TensorView& weight);
// The scales of a weight of the file.
bool is_int8_scale(const WeightFile& file, const TensorView& tensor);

// A quantization_config that says exactly this of a folder, and nothing about activations.
bool is_int8_config(const nlohmann::json& config);

}  // namespace tandem
