// The tables behind row_kernel(), one for each instruction set. Thread rule: stateless.
#pragma once

#include "engine/kernels/row_kernels.h"

namespace tandem::kernels {

RowKernel portable_kernel(TensorType type);

// The last step of a kernel for I8: sums of codes become sums of numbers.
void scale_rows(const RowTile& tile);

// Null where there is none, and on processors of other families. Call it only on a machine with the instructions.
RowKernel avx2_kernel(TensorType type);

}  // namespace tandem::kernels
