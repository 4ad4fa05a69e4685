#include "app/studio/results/sequence_chart_data.h"

#include <map>
#include <optional>
#include <utility>

namespace tandem::studio {

SequenceLine make_sequence(const std::string& label, const std::vector<Observation>& observations) {
    std::map<std::int64_t, std::pair<double, std::int64_t>> sums;        // position -> (ms, count)
    std::map<std::int64_t, std::pair<std::int64_t, std::int64_t>> last;  // repetition -> (index, time)
    for (const Observation& observation : observations) {
        if (observation.kind != ObservationKind::token || observation.repetition < 0) {
            continue;
        }
        const auto [before, first] =
            last.try_emplace(observation.repetition, std::pair(observation.index, observation.time_ns));
        if (first) {
            continue;
        }
        // A token that is missing would count its time to its successor.
        if (observation.index == before->second.first + 1) {
            auto& [sum, count] = sums[observation.index];
            sum += static_cast<double>(observation.time_ns - before->second.second) / 1e6;
            ++count;
        }
        before->second = {observation.index, observation.time_ns};
    }
    SequenceLine line{label, {}};
    const std::size_t stride = (sums.size() + max_sequence_points - 1) / max_sequence_points;
    SequencePoint bucket;
    std::size_t filled = 0;
    const auto close = [&] {
        if (filled > 0) {
            const auto share = static_cast<double>(filled);
            line.points.push_back({bucket.position / share, bucket.ms / share});
        }
        bucket = {};
        filled = 0;
    };
    for (const auto& [index, sum] : sums) {
        bucket.position += static_cast<double>(index + 1);
        bucket.ms += sum.first / static_cast<double>(sum.second);
        if (++filled == stride) {
            close();
        }
    }
    close();
    return line;
}

}  // namespace tandem::studio
