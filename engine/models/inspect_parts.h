// Sums over a model's tensors, by the list its family declares. Thread rule: stateless.
#pragma once

#include "engine/api/model_facts.h"
#include "engine/models/tensor_list.h"
#include "engine/tensor/weight_file.h"

namespace tandem {

// The tensors of a shape that inspect made. Empty for a shape of no family.
TensorList tensors_of(const ModelShape& shape);

// Fills parameters, weights_bytes, guide_parameters, guide_bytes, bytes_by_part and tensors_by_type, and warns when the
// parameters are not those of facts.shape. A file with an output of its own is not tied, whatever its configuration
// says.
void sum_tensors(const WeightFile& file, Naming naming, ModelFacts& facts);

// The same for a model that exists only as a shape, in float32.
void sum_shape(ModelFacts& facts);

}  // namespace tandem
