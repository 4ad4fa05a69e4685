#include "engine/run_build.h"

#include <ATen/Version.h>
#include <torch/version.h>

#include <algorithm>
#include <cctype>

namespace tandem {

std::string libtorch_version() {
    return TORCH_VERSION;
}

std::vector<std::string> instruction_sets() {
    std::string capability = at::get_cpu_capability();
    std::transform(capability.begin(), capability.end(), capability.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return {capability};
}

}  // namespace tandem
