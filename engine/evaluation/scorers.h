// The list of scores by name: one line a score in scorers.cpp. What a name and its options build is a Scorer, which
// turns segments into rows. Errors: SCORE_UNKNOWN, SCORE_OPTION. Thread rule: a Scorer is const after it is made.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/result.h"
#include "engine/evaluation/score.h"

namespace tandem {

class Scorer {
public:
    virtual ~Scorer() = default;

    virtual std::string name() const = 0;
    // `references` is how many each segment has; 0 where they differ.
    virtual std::string signature(std::size_t references) const = 0;
    virtual bool higher_is_better() const { return true; }
    virtual std::size_t width() const = 0;
    // One row of `width` counts; the segment has at least one reference.
    virtual Result<std::vector<double>> row(const Segment& segment) const = 0;
    // What Score::value_of is; must not refer to the scorer.
    virtual std::function<double(std::span<const double>)> value_of() const = 0;
};

// The options after a name, as written: {"tok", "zh"}.
class ScoreOptions {
public:
    // "tok=zh:smooth=floor"; `regex=` takes all that follows it.
    static Result<ScoreOptions> parse(std::string_view text, const std::string& where);

    // The value given, or the default; the option counts as known.
    std::string word(std::string_view key, std::string_view otherwise, std::span<const std::string_view> allowed);
    bool flag(std::string_view key, bool otherwise);  // yes or no
    double number(std::string_view key, double otherwise, double least, double most);
    int count(std::string_view key, int otherwise, int least, int most);
    std::string text(std::string_view key);  // anything; empty where it is not given
    bool has(std::string_view key) const;

    // What was wrong first, an unknown option included. Call it after every option was asked for.
    Result<void> check() const;

private:
    struct Given {
        std::string key, value;
        bool asked = false;
    };
    const std::string* find(std::string_view key);
    void refuse(std::string_view key, const std::string& found, const std::string& allowed);

    std::vector<Given> given_;
    std::vector<std::string> known_;
    std::string where_;
    std::vector<Error> errors_;
};

struct ScorerRow {
    std::string_view name;
    std::string_view doc;      // one line
    std::string_view options;  // as docs and `tandem score --help` show them
    Result<std::unique_ptr<Scorer>> (*make)(std::string_view name, ScoreOptions options);
};

std::span<const ScorerRow> scorers();

// The scorer of "bleu" or "bleu:tok=zh".
Result<std::unique_ptr<Scorer>> make_scorer(std::string_view name);

// Rows of all segments and what they add up to.
Result<Score> score_with(const Scorer& scorer, std::span<const Segment> segments);

}  // namespace tandem
