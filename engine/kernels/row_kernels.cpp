#include "engine/kernels/row_kernels.h"

#include "engine/kernels/row_kernels_tables.h"

namespace tandem {

RowKernel row_kernel(TensorType type, InstructionSet set) {
    if (set == InstructionSet::avx2) {
        if (const RowKernel kernel = kernels::avx2_kernel(type)) {
            return kernel;
        }
    }
    return kernels::portable_kernel(type);
}

}  // namespace tandem
