// Checks and words that all ways to describe a model share. Thread rule: stateless.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "engine/api/model_facts.h"
#include "engine/api/result.h"

namespace tandem {

inline constexpr std::int64_t most_layers = 1 << 10;

// Every dimension in range and the heads consistent, so that products of them fit in 63 bits. Fills cache_per_token
// with that of equal layers where a family has set neither it nor cache_fixed.
// Errors: CFG_RANGE, CFG_HEADS.
Result<ModelShape> checked_shape(ModelShape shape, const std::string& origin);

// CFG_RANGE where a number of the configuration is out of bounds; `name` as people say it.
Result<void> check_range(const char* name, std::int64_t value, std::int64_t min, std::int64_t max,
                         const std::string& origin);
// 4 * hidden, as families whose feed-forward blocks have no size of their own make them; of a size that the checks of
// ranges will refuse, anything.
std::int64_t four_times(std::int64_t hidden);
// Between 0 and 1. Errors: CFG_RANGE.
Result<double> checked_epsilon(double epsilon, const std::string& origin);

// CFG_UNSUPPORTED: a variant of a known family that this version would compute wrongly.
Error unsupported_variant(const std::string& what, const std::string& origin);

// "a, b, c": up to `most` names by growing edit distance to `wanted`, upper and lower case alike.
std::string nearest_names(std::string_view wanted, std::span<const std::string> names, std::size_t most);
// The same of those only that a slip of the hand makes of `wanted`: a third of its letters differ at most.
std::string near_names(std::string_view wanted, std::span<const std::string> names, std::size_t most);

}  // namespace tandem
