// Time per token along the sequence, from the stored times of tokens: for each position the mean over a trial's timed
// repetitions (or prompts) of the time since the token before. Warm-up runs do not count; the first token has no
// predecessor and is not drawn. Thread rule: stateless.
#pragma once

#include <string>
#include <vector>

#include "engine/api/observation.h"

namespace tandem::studio {

struct SequencePoint {
    double position = 0;  // of the token in the output, from 1
    double ms = 0;
};

struct SequenceLine {
    std::string label;
    std::vector<SequencePoint> points;  // ascending position, at most max_sequence_points
};

// Longer sequences are averaged over neighbours.
inline constexpr std::size_t max_sequence_points = 600;

SequenceLine make_sequence(const std::string& label, const std::vector<Observation>& observations);

}  // namespace tandem::studio
