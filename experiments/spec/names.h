// What can be the name of a model, a pairing, a target or a workload: names stand in paths
// (workloads.speed.new_tokens), tables and file names. Thread rule: stateless.
#pragma once

#include <string>
#include <string_view>

namespace tandem {

enum class Dots { allowed, refused };

bool is_name(std::string_view text, Dots dots);

// "1 to 64 letters, digits, _ and -".
std::string allowed_names(Dots dots);

}  // namespace tandem
