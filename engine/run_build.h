// What the torch part of the engine is made of, for the record of each attempt. Thread rule: stateless.
#pragma once

#include <string>
#include <vector>

namespace tandem {

std::string libtorch_version();  // "2.13.0"

// What torch's kernels use on this CPU, as in "avx2".
std::vector<std::string> instruction_sets();

}  // namespace tandem
