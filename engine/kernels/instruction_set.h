// Which instructions the products with stored weights may use, found out at run time. Thread rule: stateless.
#pragma once

#include <string_view>

namespace tandem {

enum class InstructionSet {
    portable,  // what the compiler makes of plain C++ for the oldest processor of its target
    avx2,      // x86-64 with AVX2, FMA and F16C
};

// The best of this machine.
InstructionSet best_instruction_set();

// "portable", "avx2+fma".
std::string_view instruction_set_name(InstructionSet set);

// What the kernels use on this machine, for reports.
inline std::string_view kernel_instruction_set() {
    return instruction_set_name(best_instruction_set());
}

}  // namespace tandem
