// Whether two trials' scores differ, asked of the same examples: the paired bootstrap over both trials' answers, which
// lie in their artefact "answers.jsonl" (docs/formats/metrics.md). Thread rule: plain data, pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "app/report/difference.h"

namespace tandem::report {

struct ScoredAnswer {
    std::string source, target, answer;
    std::optional<double> log_likelihood;  // of the target, in nats
    std::uint64_t target_tokens = 0;
};

// Nothing where the bytes are not such a file.
std::optional<std::vector<ScoredAnswer>> read_answers(std::span<const std::byte> bytes);

// The score of `second` less that of `first`, by 1,000 resamples of the examples. Verdict::unpaired where the trials
// did not answer the same sources and targets, or the score cannot be computed of both.
Difference paired_difference(const std::string& score, const std::vector<ScoredAnswer>& first,
                             const std::vector<ScoredAnswer>& second);

}  // namespace tandem::report
