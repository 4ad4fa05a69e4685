// What results depend on beside their inputs: part of a trial's identity, and of whatever is kept between trials.
// Thread rule: constant.
#pragma once

#include <string_view>

namespace tandem {

// Raised when the same trial would give other results.
inline constexpr std::string_view results_version = "2";

}  // namespace tandem
