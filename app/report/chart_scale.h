// From values to places on an axis, and the round numbers to write beside it. Thread rule: plain data.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace tandem::report {

struct Tick {
    double value = 0;
    std::string label;
};

enum class ScaleKind { linear, logarithmic };

// Maps [low, high] to [from, to] (pixels; `to` may be the smaller). A range without width is widened, limits that are
// not finite and, on a logarithmic scale, not positive are replaced: pixel() is finite for every finite value.
class Scale {
public:
    Scale(ScaleKind kind, double low, double high, double from, double to);

    double pixel(double value) const;  // values outside land on the nearer end
    double low() const { return low_; }
    double high() const { return high_; }
    ScaleKind kind() const { return kind_; }

private:
    ScaleKind kind_;
    double low_, high_, from_, to_;
};

// The range of round numbers that holds [low, high] in about `steps` steps of 1, 2, 2.5 or 5 times a power of ten.
struct RoundRange {
    double low = 0, high = 1, step = 1;
};
RoundRange round_range(double low, double high, std::size_t steps);

// Linear: multiples of the step of round_range(). Logarithmic: powers of ten with 2 and 5 between where they are few.
std::vector<Tick> round_ticks(const Scale& scale, std::size_t about);

// Ticks at given values (of a swept setting), without those whose labels would touch the label before, `font` pixels
// high; the first and the last stay.
std::vector<Tick> ticks_at(const Scale& scale, std::vector<double> values, double font);

// Labels that all show the digits that `step` needs: "0", "2.5", "5"; thousands are set apart by a thin space.
std::string tick_label(double value, double step);

}  // namespace tandem::report
