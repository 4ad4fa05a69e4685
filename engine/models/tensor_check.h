// Whether a file holds just the tensors that a model of its stated shape needs. By names and shapes alone, without
// torch and without reading a number: loading would refuse the same. Thread rule: stateless.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/api/result.h"
#include "engine/models/tensor_list.h"

namespace tandem {

std::string shape_text(std::span<const std::int64_t> shape);

// The tensor's shape is the spec's as this kind of file lays it out. Errors: MODEL_TENSOR_SHAPE.
Result<void> check_tensor_shape(const TensorView& tensor, const TensorSpec& spec, Naming naming,
                                const std::string& where);
Error tensor_missing(const TensorSpec& spec, Naming naming, const std::string& where);
// Every tensor of the file is of the list or to be ignored. Errors: MODEL_TENSOR_UNKNOWN.
Result<void> check_all_known(const WeightFile& file, const TensorList& list, Naming naming, const std::string& where);

// All of the above for every tensor that files cannot lack. Errors: MODEL_TENSOR_MISSING, MODEL_TENSOR_SHAPE,
// MODEL_TENSOR_UNKNOWN.
Result<void> check_tensors(const WeightFile& file, const TensorList& list, Naming naming, const std::string& where);

// A file may be looked at whose model cannot be loaded: the fault becomes the warning "W_TENSORS: CODE: ...".
void warn_of_tensors(const Result<void>& check, std::vector<std::string>& warnings);

}  // namespace tandem
