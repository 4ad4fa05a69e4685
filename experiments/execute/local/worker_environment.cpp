#include "experiments/execute/local/worker_environment.h"

#include <unistd.h>

#include <algorithm>
#include <string_view>

extern char** environ;

namespace tandem {
namespace {

bool names(const std::vector<std::string>& variables, std::string_view name) {
    return std::ranges::any_of(variables, [&](const std::string& variable) {
        return variable.size() > name.size() && variable.starts_with(name) && variable[name.size()] == '=';
    });
}

}  // namespace

std::vector<std::string> worker_environment(const std::vector<std::string>& ours) {
    std::vector<std::string> variables = ours;
    if (!names(ours, "OMP_WAIT_POLICY") && !names(ours, "GOMP_SPINCOUNT")) {
        variables.emplace_back("GOMP_SPINCOUNT=1000");
    }
    return variables;
}

std::vector<std::string> own_environment() {
    std::vector<std::string> variables;
    for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
        variables.emplace_back(*variable);
    }
    return variables;
}

}  // namespace tandem
