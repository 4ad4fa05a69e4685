// Numbers as people and programs read them. Thread rule: stateless; no locale is consulted.
#pragma once

#include <optional>
#include <string>

namespace tandem::report {

// The shortest text that reads back as the same double; "" for what is not finite.
std::string full_precision(double value);

// Fixed notation with so many digits after the point; -0 is written 0.
std::string fixed(double value, int decimals);

// Digits after the point that show `value` with about four significant digits, or, where half the width of its
// confidence interval is known and not zero, with as many as make two of that interval's digits visible.
int decimals_for(double value, std::optional<double> half_width);

}  // namespace tandem::report
