// Which part of a model a tensor belongs to, by its name, and sums over a file's tensors. Thread rule: stateless.
#pragma once

#include <string>
#include <string_view>

#include "engine/api/model_facts.h"
#include "engine/tensor/weight_file.h"

namespace tandem {

// embedding, attention, mlp, norm, output or other; names of GGUF files and of Hugging Face folders.
std::string_view part_of(std::string_view tensor_name);

// Fills parameters, weights_bytes, bytes_by_part and tensors_by_type, and warns when the parameters are not those of
// facts.shape.
void sum_tensors(const WeightFile& file, ModelFacts& facts);

// The same for a model that exists only as a shape, in float32.
void sum_shape(ModelFacts& facts);

}  // namespace tandem
