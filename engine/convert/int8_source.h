// Weights of signed bytes with a scale for each row, as compressed-tensors and this program's own int8 folders keep
// them: X.weight I8 [out, in] beside X.weight_scale [out, 1] or [out]. Thread rule: const; the file must outlive it.
#pragma once

#include "engine/convert/tensor_job.h"
#include "engine/tensor/weight_file.h"

namespace tandem {

class Int8Source {
public:
    explicit Int8Source(const WeightFile& file) : file_(file) {}

    // Null where the tensor is no such weight.
    const TensorView* scales_of(const TensorView& weight) const;
    bool is_scale(const TensorView& tensor) const;

private:
    const WeightFile& file_;
};

// TENSOR_TYPE where a job's source is no numbers to compute with.
Result<void> check_numbers(const TensorJob& job);

}  // namespace tandem
