#include "engine/evaluation/chrf.h"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/evaluation/ngrams.h"
#include "engine/evaluation/signature.h"
#include "engine/evaluation/text.h"

namespace tandem::scores {
namespace {

constexpr double epsilon = 1e-16;

// One mark is parted from a word's end, or else from its beginning: "(hi)" is "(hi" and ")", as chrF++.py has it.
std::vector<std::u32string_view> words_and_marks(std::u32string_view text) {
    std::vector<std::u32string_view> parts;
    for (const std::u32string_view word : split(text)) {
        if (word.size() > 1 && is_ascii_punctuation(word.back())) {
            parts.push_back(word.substr(0, word.size() - 1));
            parts.push_back(word.substr(word.size() - 1));
        } else if (word.size() > 1 && is_ascii_punctuation(word.front())) {
            parts.push_back(word.substr(0, 1));
            parts.push_back(word.substr(1));
        } else {
            parts.push_back(word);
        }
    }
    return parts;
}

class Chrf final : public Scorer {
public:
    Chrf(ChrfOptions options, bool lowercase, bool whitespace)
        : options_(options), lowercase_(lowercase), whitespace_(whitespace) {}

    std::string name() const override {
        return "chrF" + std::to_string(options_.beta) + std::string(static_cast<std::size_t>(options_.word_order), '+');
    }
    std::size_t width() const override {
        return 3 * static_cast<std::size_t>(options_.char_order + options_.word_order);
    }

    std::string signature(std::size_t references) const override {
        return sacrebleu_signature(references, {{"case", lowercase_ ? "lc" : "mixed"},
                                                {"eff", options_.epsilon ? "no" : "yes"},
                                                {"nc", std::to_string(options_.char_order)},
                                                {"nw", std::to_string(options_.word_order)},
                                                {"space", whitespace_ ? "yes" : "no"}});
    }

    Result<std::vector<double>> row(const Segment& segment) const override {
        WordNumbers numbers;
        std::vector<Symbols> chars, words;
        add(segment.hypothesis, numbers, chars, words);
        for (const std::string& reference : segment.references) {
            add(reference, numbers, chars, words);
        }
        std::vector<std::vector<double>> rows(segment.references.size());
        add_counts(std::move(chars), options_.char_order, rows);
        add_counts(std::move(words), options_.word_order, rows);
        // The reference that alone gives the best score, the first of equal ones.
        std::size_t best = 0;
        for (std::size_t i = 1; i < rows.size(); ++i) {
            best = chrf_of(rows[i], options_) > chrf_of(rows[best], options_) ? i : best;
        }
        return std::move(rows[best]);
    }

    std::function<double(std::span<const double>)> value_of() const override {
        return [options = options_](std::span<const double> sums) { return chrf_of(sums, options); };
    }

private:
    void add(const std::string& text, WordNumbers& numbers, std::vector<Symbols>& chars,
             std::vector<Symbols>& words) const {
        const std::u32string line = lowercase_ ? lower_characters(text) : characters(text);
        Symbols& symbols = chars.emplace_back();
        for (const char32_t c : line) {
            if (whitespace_ || !is_space(c)) {
                symbols.push_back(c);
            }
        }
        if (options_.word_order > 0) {
            words.push_back(numbers.of(words_and_marks(line)));
        }
    }

    static void add_counts(std::vector<Symbols> sequences, int orders, std::vector<std::vector<double>>& rows) {
        if (orders == 0) {
            return;
        }
        Ngrams ngrams(std::move(sequences));
        for (int order = 0; order < orders; ++order) {
            if (order > 0) {
                ngrams.next_order();
            }
            const auto said = ngrams.counts(0);
            for (std::size_t i = 1; i <= rows.size(); ++i) {
                const auto reference = ngrams.counts(i);
                std::uint64_t matches = 0;
                for (std::size_t gram = 0; gram < said.size(); ++gram) {
                    matches += std::min(said[gram], reference[gram]);
                }
                const std::size_t total = ngrams.total(i);
                rows[i - 1].push_back(total == 0 ? 0.0 : static_cast<double>(ngrams.total(0)));
                rows[i - 1].push_back(static_cast<double>(total));
                rows[i - 1].push_back(static_cast<double>(matches));
            }
        }
    }

    ChrfOptions options_;
    bool lowercase_;
    bool whitespace_;
};

}  // namespace

double chrf_of(std::span<const double> sums, const ChrfOptions& options) {
    const int orders = options.char_order + options.word_order;
    const double factor = static_cast<double>(options.beta) * options.beta;
    double scores = 0, precisions = 0, recalls = 0;
    int effective = 0;
    for (std::size_t i = 0; i < static_cast<std::size_t>(orders); ++i) {
        const double said = sums[3 * i], reference = sums[3 * i + 1], matches = sums[3 * i + 2];
        const double precision = said > 0 ? matches / said : epsilon;
        const double recall = reference > 0 ? matches / reference : epsilon;
        const double below = factor * precision + recall;
        scores += below > 0 ? (1 + factor) * precision * recall / below : epsilon;
        if (said > 0 && reference > 0) {
            precisions += precision;
            recalls += recall;
            ++effective;
        }
    }
    if (options.epsilon) {
        return 100 * scores / orders;
    }
    if (effective == 0 || precisions + recalls == 0) {
        return 0;
    }
    const double precision = precisions / effective, recall = recalls / effective;
    return 100 * ((1 + factor) * precision * recall / (factor * precision + recall));
}

Result<std::unique_ptr<Scorer>> make_chrf(std::string_view name, ScoreOptions options) {
    ChrfOptions chosen;
    chosen.char_order = options.count("nc", 6, 1, 32);
    chosen.word_order = options.count("nw", name == "chrf++" ? 2 : 0, 0, 32);
    chosen.beta = options.count("beta", 2, 1, 1000);
    chosen.epsilon = !options.flag("eff", true);
    const bool lowercase = options.flag("lowercase", false);
    const bool whitespace = options.flag("space", false);
    if (auto checked = options.check(); !checked) {
        return checked.error();
    }
    return std::unique_ptr<Scorer>(std::make_unique<Chrf>(chosen, lowercase, whitespace));
}

}  // namespace tandem::scores
