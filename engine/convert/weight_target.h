// What weights are to be stored as, and which of a model's tensors that is for. Thread rule: stateless.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/api/result.h"
#include "engine/models/tensor_list.h"
#include "engine/tensor/tensor_type.h"

namespace tandem {

struct WeightTarget {
    enum class Kind {
        keep,  // as the source has them
        type,  // a type of tensor_type.h that numbers can be packed to
        int8,  // signed bytes with one f32 scale for each output row
    };
    Kind kind = Kind::keep;
    TensorType type = TensorType::f32;

    std::string name() const;  // "keep", "q4_k", "int8"
    bool is_type(TensorType other) const { return kind == Kind::type && type == other; }
};

// Inverse of name(). Errors: CONVERT_TYPE with the names there are.
Result<WeightTarget> weight_target(std::string_view name);
// f32, f16, ..., int8: what weight_target() takes, but for "keep".
std::vector<std::string> weight_target_names();

// True for the weights of linear layers and embeddings in a GGUF, judged as llama.cpp's own quantiser does: matrices
// whose name ends in "weight", but for norms, routers, positions and the small tensors of state-space layers.
bool is_weight_matrix(std::string_view gguf_name, std::span<const std::int64_t> shape);

// The type that a GGUF gives a weight of `columns` numbers a row. `delicate` are embeddings and outputs, which lose
// most: unless `pure`, they are stored no coarser than Q6_K. A row that is no whole number of blocks gets the next
// larger format that fits: the K formats a 32-element one of one bit more, those f16.
TensorType fitting_type(TensorType wanted, std::int64_t columns, bool delicate, bool pure);

}  // namespace tandem
