// The beginning of a text that fits, where fitting is a question of tokens. Thread rule: stateless.
#pragma once

#include <functional>
#include <string_view>

#include "engine/api/result.h"

namespace tandem {

// The longest beginning for which `fits` is true, whole characters, in a dozen questions or so. More text is more
// tokens but for a token or so at the cut, so that halving finds it. `share` guesses how much of the text that is. What
// is found may be empty, and then fits only if `fits` says so. Errors: those of `fits`.
Result<std::string_view> longest_fitting(std::string_view text, double share,
                                         const std::function<Result<bool>(std::string_view beginning)>& fits);

}  // namespace tandem
