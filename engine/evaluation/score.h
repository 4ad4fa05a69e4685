// How good generated texts are: one call for every score of texts that training, distillation and evaluation use, by
// name. docs/formats/scores.md has the definitions; the values are those of sacreBLEU 2.6 and rouge-score 0.1.2.
//
// A name may carry options: "bleu", "bleu:tok=zh:smooth=floor", "rougeL:stem=yes"; scorers.h lists them. Bytes that are
// not UTF-8 read as U+FFFD. Errors: SCORE_*. Thread rule: pure functions and plain data.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/result.h"

namespace tandem {

// What a system said, and what people said instead: one or more references, as many as there are for this one.
struct Segment {
    std::string hypothesis;
    std::vector<std::string> references;
};

// One row of counts a segment. The sum of any rows (some twice, others left out) is all that the score of those
// segments depends on, which is what resampling needs.
struct ScoreRows {
    std::size_t width = 0;
    std::vector<double> values;  // [segments, width]

    std::size_t size() const { return width == 0 ? 0 : values.size() / width; }
    std::span<const double> row(std::size_t i) const { return std::span(values).subspan(i * width, width); }
    std::vector<double> sum() const;
};

struct Score {
    std::string name;  // as its source prints it: "BLEU", "chrF2++", "rougeL"
    double value = 0;  // of all segments together; BLEU, chrF and TER are 0 to 100 (TER may exceed it), others 0 to 1
    std::string signature;  // every choice that changes the value: "nrefs:1|case:mixed|eff:no|tok:13a|..."
    bool higher_is_better = true;
    ScoreRows rows;
    std::function<double(std::span<const double>)> value_of;  // of a sum of rows

    // Of one segment alone, under the same options.
    double segment_value(std::size_t i) const { return value_of(rows.row(i)); }
};

// Segments must not be empty, and each needs a reference.
Result<Score> score(std::string_view name, std::span<const Segment> segments);

}  // namespace tandem
