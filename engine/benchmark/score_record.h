// What an observation of a score says beside its value, as the JSON that is its text: {"n": 200, "low": 21.4, "high":
// 25.0, "signature": "nrefs:1|..."}. Thread rule: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tandem {

inline constexpr std::int64_t at_the_end = -1;  // the step of scores that are of the end and no step's

struct ScoreRecord {
    std::int64_t n = 0;         // examples
    std::optional<double> low;  // 95 % interval; both or none
    std::optional<double> high;
    std::string signature;
};

std::string to_text(const ScoreRecord& record);

// Nothing where the text is not such a record.
std::optional<ScoreRecord> read_score_record(std::string_view text);

}  // namespace tandem
