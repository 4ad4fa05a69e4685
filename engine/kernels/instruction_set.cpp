#include "engine/kernels/instruction_set.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace tandem {
namespace {

#if defined(__x86_64__)
// Not every compiler's __builtin_cpu_supports knows the name.
bool has_f16c() {
    unsigned a = 0;
    unsigned b = 0;
    unsigned c = 0;
    unsigned d = 0;
    return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_F16C) != 0;
}
#endif

}  // namespace

InstructionSet best_instruction_set() {
#if defined(__x86_64__)
    static const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && has_f16c();
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
