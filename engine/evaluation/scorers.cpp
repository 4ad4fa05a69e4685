#include "engine/evaluation/scorers.h"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/api/utf8.h"
#include "engine/evaluation/bleu.h"
#include "engine/evaluation/chrf.h"
#include "engine/evaluation/exact_match.h"
#include "engine/evaluation/rouge.h"
#include "engine/evaluation/ter.h"

namespace tandem {
namespace {

constexpr std::size_t most_bytes = std::size_t{16} << 20;  // of one text: what is counted stays within 32 bits

constexpr std::string_view bleu_options =
    "tok=13a|none|zh|intl|char, smooth=exp|floor|add-k|none, value=NUMBER, eff=no|yes, lowercase=no|yes";
constexpr std::string_view chrf_options = "nc=6, nw=0, beta=2, eff=yes|no, space=no|yes, lowercase=no|yes";
constexpr std::string_view chrf_plus_options = "nc=6, nw=2, beta=2, eff=yes|no, space=no|yes, lowercase=no|yes";
constexpr std::string_view ter_options = "case=no|yes, norm=no|yes, punct=yes|no, asian=no|yes";
constexpr std::string_view rouge_options = "stem=no|yes, part=f1|precision|recall";
constexpr std::string_view match_options =
    "ignore_case=no|yes, ignore_punctuation=no|yes, ignore_numbers=no|yes, regex=EXPRESSION (last)";

constexpr std::array rows = std::to_array<ScorerRow>({
    {"bleu", "BLEU of sacreBLEU 2.6, 0 to 100", bleu_options, &scores::make_bleu},
    {"chrf", "chrF of sacreBLEU 2.6, 0 to 100", chrf_options, &scores::make_chrf},
    {"chrf++", "chrF++ of sacreBLEU 2.6, 0 to 100", chrf_plus_options, &scores::make_chrf},
    {"ter", "translation edit rate of sacreBLEU 2.6, in percent; lower is better", ter_options, &scores::make_ter},
    {"rouge1", "ROUGE-1 of rouge-score 0.1.2, 0 to 1", rouge_options, &scores::make_rouge},
    {"rouge2", "ROUGE-2", rouge_options, &scores::make_rouge},
    {"rouge3", "ROUGE-3", rouge_options, &scores::make_rouge},
    {"rouge4", "ROUGE-4", rouge_options, &scores::make_rouge},
    {"rouge5", "ROUGE-5", rouge_options, &scores::make_rouge},
    {"rouge6", "ROUGE-6", rouge_options, &scores::make_rouge},
    {"rouge7", "ROUGE-7", rouge_options, &scores::make_rouge},
    {"rouge8", "ROUGE-8", rouge_options, &scores::make_rouge},
    {"rouge9", "ROUGE-9", rouge_options, &scores::make_rouge},
    {"rougeL", "ROUGE-L: longest common subsequence of the whole text", rouge_options, &scores::make_rouge},
    {"rougeLsum", "ROUGE-L of a summary, line by line", rouge_options, &scores::make_rouge},
    {"exact_match", "share of answers that are a reference letter for letter", match_options,
     &scores::make_exact_match},
});

Error input_error(std::string message, std::size_t segment) {
    return {.code = "SCORE_INPUT",
            .message = std::move(message) + "; nothing was scored",
            .where = "segment " + std::to_string(segment + 1),
            .kind = ErrorKind::bad_input};
}

Result<void> check_segment(const Segment& segment, std::size_t i) {
    if (segment.references.empty()) {
        return input_error("there is no reference", i);
    }
    std::size_t longest = segment.hypothesis.size();
    for (const std::string& reference : segment.references) {
        longest = std::max(longest, reference.size());
    }
    if (longest > most_bytes) {
        return Error{.code = "SCORE_TOO_LONG",
                     .message = "a text of " + std::to_string(longest) + " bytes, allowed are " +
                                std::to_string(most_bytes) + "; nothing was scored",
                     .where = "segment " + std::to_string(i + 1),
                     .kind = ErrorKind::bad_input};
    }
    return {};
}

}  // namespace

std::span<const ScorerRow> scorers() {
    return rows;
}

Result<std::unique_ptr<Scorer>> make_scorer(std::string_view name) {
    const std::string_view bare = name.substr(0, name.find(':'));
    std::string all;
    for (const ScorerRow& row : rows) {
        if (row.name == bare) {
            const std::string_view given = bare.size() == name.size() ? "" : name.substr(bare.size() + 1);
            return row.make(bare, TANDEM_TRY(ScoreOptions::parse(given, std::string(bare))));
        }
        all += (all.empty() ? "" : ", ") + std::string(row.name);
    }
    if (bare == "perplexity" || bare == "word_perplexity" || bare == "byte_perplexity" || bare == "bits_per_byte") {
        return Error{.code = "SCORE_UNKNOWN",
                     .message = std::string(bare) +
                                " is a score of a model's probabilities, not of texts; nothing was "
                                "scored",
                     .where = "score",
                     .kind = ErrorKind::bad_input};
    }
    return Error{.code = "SCORE_UNKNOWN",
                 .message = "there is no score '" + printable(bare) + "'; there are " + all + "; nothing was scored",
                 .where = "score",
                 .kind = ErrorKind::bad_input};
}

std::vector<double> ScoreRows::sum() const {
    std::vector<double> sums(width, 0.0);
    for (std::size_t i = 0; i < size(); ++i) {
        for (std::size_t k = 0; k < width; ++k) {
            sums[k] += values[i * width + k];
        }
    }
    return sums;
}

Result<Score> score_with(const Scorer& scorer, std::span<const Segment> segments) {
    if (segments.empty()) {
        return Error{.code = "SCORE_INPUT",
                     .message = "there are no segments; nothing was scored",
                     .where = scorer.name(),
                     .kind = ErrorKind::bad_input};
    }
    Score result{.name = scorer.name(), .higher_is_better = scorer.higher_is_better()};
    result.rows.width = scorer.width();
    result.rows.values.reserve(segments.size() * scorer.width());
    std::size_t references = segments.front().references.size();
    for (std::size_t i = 0; i < segments.size(); ++i) {
        if (auto checked = check_segment(segments[i], i); !checked) {
            return checked.error();
        }
        const auto row = TANDEM_TRY(scorer.row(segments[i]));
        result.rows.values.insert(result.rows.values.end(), row.begin(), row.end());
        references = references == segments[i].references.size() ? references : 0;
    }
    result.signature = scorer.signature(references);
    result.value_of = scorer.value_of();
    result.value = result.value_of(result.rows.sum());
    return result;
}

Result<Score> score(std::string_view name, std::span<const Segment> segments) {
    const auto scorer = TANDEM_TRY(make_scorer(name));
    return score_with(*scorer, segments);
}

}  // namespace tandem
