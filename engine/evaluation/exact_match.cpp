#include "engine/evaluation/exact_match.h"

#include <algorithm>
#include <utility>

#include "engine/api/utf8.h"
#include "engine/evaluation/means.h"
#include "engine/evaluation/signature.h"
#include "engine/evaluation/text.h"
#include "engine/tokenizer/split_regex.h"
#include "engine/tokenizer/unicode.h"

namespace tandem::scores {
namespace {

class ExactMatch final : public MeanScorer {
public:
    ExactMatch(ExactMatchOptions options, std::vector<std::shared_ptr<const SplitRegex>> ignored)
        : options_(std::move(options)), ignored_(std::move(ignored)) {}

    std::string name() const override { return "exact_match"; }
    std::string signature(std::size_t references) const override {
        SignatureParts parts = {{"case", options_.ignore_case ? "ignored" : "mixed"},
                                {"punct", options_.ignore_punctuation ? "ignored" : "yes"},
                                {"numbers", options_.ignore_numbers ? "ignored" : "yes"}};
        for (const std::string& regex : options_.regexes) {
            parts.emplace_back("regex", regex);
        }
        return signature_of(references, parts, "1");
    }

protected:
    Result<double> of_segment(const Segment& segment) const override {
        const std::string said = reduced(segment.hypothesis);
        return std::any_of(segment.references.begin(), segment.references.end(),
                           [&](const std::string& reference) { return reduced(reference) == said; })
                   ? 1.0
                   : 0.0;
    }

private:
    std::string reduced(std::string_view text) const {
        std::string result = repaired_utf8(text);
        for (const auto& regex : ignored_) {
            std::vector<Match> matches;
            regex->find_all(result, matches);
            std::string kept;
            std::size_t at = 0;
            for (const Match& match : matches) {
                kept.append(result, at, match.begin - at);
                at = match.end;
            }
            result = kept.append(result, at);
        }
        if (options_.ignore_case) {
            result = unicode::lower_text(result);
        }
        std::erase_if(result, [this](char c) {
            return (options_.ignore_punctuation && is_ascii_punctuation(static_cast<unsigned char>(c))) ||
                   (options_.ignore_numbers && c >= '0' && c <= '9');
        });
        return result;
    }

    ExactMatchOptions options_;
    std::vector<std::shared_ptr<const SplitRegex>> ignored_;
};

}  // namespace

Result<std::unique_ptr<Scorer>> make_exact_match(const ExactMatchOptions& options) {
    std::vector<std::shared_ptr<const SplitRegex>> ignored;
    for (const std::string& regex : options.regexes) {
        auto compiled = SplitRegex::compile(regex, "exact_match:regex");
        if (!compiled) {
            return wrap({.code = "SCORE_OPTION",
                         .message = "regex=" + printable(regex) +
                                    " is no regular expression that can be used; nothing "
                                    "was scored",
                         .where = "exact_match"},
                        compiled.error());
        }
        ignored.push_back(std::move(*compiled));
    }
    return std::unique_ptr<Scorer>(std::make_unique<ExactMatch>(options, std::move(ignored)));
}

Result<std::unique_ptr<Scorer>> make_exact_match(std::string_view, ScoreOptions options) {
    ExactMatchOptions chosen;
    chosen.ignore_case = options.flag("ignore_case", false);
    chosen.ignore_punctuation = options.flag("ignore_punctuation", false);
    chosen.ignore_numbers = options.flag("ignore_numbers", false);
    if (options.has("regex")) {
        chosen.regexes.push_back(options.text("regex"));
    }
    if (auto checked = options.check(); !checked) {
        return checked.error();
    }
    return make_exact_match(chosen);
}

}  // namespace tandem::scores
