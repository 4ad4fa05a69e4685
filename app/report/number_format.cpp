#include "app/report/number_format.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace tandem::report {
namespace {

constexpr int significant_digits = 4;
constexpr int interval_digits = 2;
constexpr int most_decimals = 6;

// The power of ten of the first digit: 0 for 1..9.99, 2 for 100..999.
int magnitude(double value) {
    return static_cast<int>(std::floor(std::log10(std::abs(value))));
}

}  // namespace

std::string full_precision(double value) {
    if (!std::isfinite(value)) {
        return {};
    }
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    return {digits.data(), end};
}

std::string fixed(double value, int decimals) {
    std::array<char, 400> digits{};
    const auto end =
        std::to_chars(digits.data(), digits.data() + digits.size(), value, std::chars_format::fixed, decimals).ptr;
    std::string text(digits.data(), end);
    if (text.starts_with('-') && text.find_first_not_of("-0.") == std::string::npos) {
        text.erase(0, 1);
    }
    return text;
}

int decimals_for(double value, std::optional<double> half_width) {
    const bool known = half_width && std::isfinite(*half_width) && *half_width > 0;
    if (!known && (value == 0 || !std::isfinite(value))) {
        return 0;
    }
    int decimals = known ? interval_digits - 1 - magnitude(*half_width) : significant_digits - 1 - magnitude(value);
    if (known && value != 0 && std::isfinite(value)) {
        // A very narrow interval does not call for more digits of the value than anyone reads.
        decimals = std::min(decimals, significant_digits + 1 - magnitude(value));
    }
    return std::clamp(decimals, 0, most_decimals);
}

}  // namespace tandem::report
