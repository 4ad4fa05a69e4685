#include "engine/kernels/instruction_set.h"

namespace tandem {

InstructionSet best_instruction_set() {
#if defined(__x86_64__)
    static const bool has_avx2 =
        __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
    if (has_avx2) {
        return InstructionSet::avx2;
    }
#endif
    return InstructionSet::portable;
}

std::string_view instruction_set_name(InstructionSet set) {
    return set == InstructionSet::avx2 ? "avx2+fma" : "portable";
}

}  // namespace tandem
