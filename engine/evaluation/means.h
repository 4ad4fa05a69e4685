// Scores of a corpus that are the mean of its segments' scores: rows of {score, 1}. Thread rule: as Scorer.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "engine/evaluation/scorers.h"

namespace tandem::scores {

class MeanScorer : public Scorer {
public:
    std::size_t width() const final { return 2; }
    Result<std::vector<double>> row(const Segment& segment) const final {
        return std::vector<double>{TANDEM_TRY(of_segment(segment)), 1.0};
    }
    std::function<double(std::span<const double>)> value_of() const final {
        return [](std::span<const double> sums) { return sums[1] > 0 ? sums[0] / sums[1] : 0.0; };
    }

protected:
    virtual Result<double> of_segment(const Segment& segment) const = 0;
};

}  // namespace tandem::scores
