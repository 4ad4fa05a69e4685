#include "engine/evaluation/rouge.h"

#include <algorithm>
#include <array>
#include <string>
#include <unordered_map>
#include <utility>

#include "engine/api/utf8.h"
#include "engine/evaluation/lcs.h"
#include "engine/evaluation/means.h"
#include "engine/evaluation/ngrams.h"
#include "engine/evaluation/porter_stemmer.h"
#include "engine/evaluation/signature.h"

namespace tandem::scores {
namespace {

constexpr std::size_t most_table_bytes = std::size_t{1} << 30;

RougeParts parts_of(std::size_t hits, std::size_t reference, std::size_t hypothesis) {
    RougeParts parts;
    parts.precision = static_cast<double>(hits) / static_cast<double>(std::max<std::size_t>(hypothesis, 1));
    parts.recall = static_cast<double>(hits) / static_cast<double>(std::max<std::size_t>(reference, 1));
    const double both = parts.precision + parts.recall;
    parts.f1 = both > 0 ? 2 * parts.precision * parts.recall / both : 0;
    return parts;
}

// Numbers for words of ASCII.
class Numbers {
public:
    Symbols of(std::string_view text, bool stem) {
        Symbols symbols;
        for (std::string& word : rouge_words(text, stem)) {
            symbols.push_back(
                numbers_.emplace(std::move(word), static_cast<std::uint32_t>(numbers_.size())).first->second);
        }
        return symbols;
    }
    // One sequence a line; empty lines are none.
    std::vector<Symbols> of_lines(std::string_view text, bool stem) {
        std::vector<Symbols> lines;
        for (std::size_t begin = 0; begin <= text.size();) {
            const std::size_t end = std::min(text.find('\n', begin), text.size());
            if (end > begin) {
                lines.push_back(of(text.substr(begin, end - begin), stem));
            }
            begin = end + 1;
        }
        return lines;
    }
    std::size_t size() const { return numbers_.size(); }

private:
    std::unordered_map<std::string, std::uint32_t> numbers_;
};

RougeParts of_ngrams(Symbols reference, Symbols hypothesis, int order) {
    Ngrams ngrams({std::move(reference), std::move(hypothesis)});
    for (int n = 1; n < order; ++n) {
        ngrams.next_order();
    }
    std::size_t hits = 0;
    for (std::size_t gram = 0; gram < ngrams.counts(0).size(); ++gram) {
        hits += std::min(ngrams.counts(0)[gram], ngrams.counts(1)[gram]);
    }
    return parts_of(hits, ngrams.total(0), ngrams.total(1));
}

Symbols joined(const std::vector<Symbols>& lines) {
    Symbols all;
    for (const Symbols& line : lines) {
        all.insert(all.end(), line.begin(), line.end());
    }
    return all;
}

Symbols counted(const Symbols& symbols, std::size_t kinds) {
    Symbols counts(kinds, 0);
    for (const std::uint32_t symbol : symbols) {
        ++counts[symbol];
    }
    return counts;
}

// Section 3.2 of the paper: of each line of the reference, the words that are in its longest common subsequence with
// any line of the hypothesis; each word counts as often as both texts have it, as in ROUGE 1.5.5.
Result<RougeParts> of_lines(const std::vector<Symbols>& reference, const std::vector<Symbols>& hypothesis,
                            std::size_t kinds) {
    const Symbols all_reference = joined(reference), all_hypothesis = joined(hypothesis);
    if (all_reference.empty() || all_hypothesis.empty()) {
        return RougeParts{};
    }
    Symbols left = counted(all_hypothesis, kinds);
    const Symbols in_reference = counted(all_reference, kinds);
    std::transform(left.begin(), left.end(), in_reference.begin(), left.begin(),
                   [](std::uint32_t a, std::uint32_t b) { return std::min(a, b); });
    std::size_t hits = 0;
    for (const Symbols& line : reference) {
        std::vector<bool> common(line.size());
        for (const Symbols& said : hypothesis) {
            if (lcs_positions_bytes(line, said) > most_table_bytes) {
                return Error{.code = "SCORE_TOO_LONG",
                             .message = "two lines of " + std::to_string(line.size()) + " and " +
                                        std::to_string(said.size()) +
                                        " words; ROUGE-Lsum takes pairs of up to 8,589,934,592 words multiplied; "
                                        "nothing was scored",
                             .where = "rougeLsum",
                             .kind = ErrorKind::bad_input};
            }
            for (const std::size_t position : lcs_positions(line, said)) {
                common[position] = true;
            }
        }
        for (std::size_t i = 0; i < line.size(); ++i) {
            if (common[i] && left[line[i]] > 0) {
                ++hits;
                --left[line[i]];
            }
        }
    }
    return parts_of(hits, all_reference.size(), all_hypothesis.size());
}

constexpr std::array<std::string_view, 3> part_names = {"f1", "precision", "recall"};

class Rouge final : public MeanScorer {
public:
    Rouge(std::string name, RougeKind kind, bool stem, std::string part)
        : name_(std::move(name)), kind_(kind), stem_(stem), part_(std::move(part)) {}

    std::string name() const override { return name_; }
    std::string signature(std::size_t references) const override {
        return signature_of(references, {{"source", "rouge-score"}, {"stem", stem_ ? "yes" : "no"}, {"part", part_}},
                            rouge_score_version);
    }

protected:
    Result<double> of_segment(const Segment& segment) const override {
        RougeParts best;
        for (std::size_t i = 0; i < segment.references.size(); ++i) {
            const RougeParts parts = TANDEM_TRY(rouge(kind_, stem_, segment.references[i], segment.hypothesis));
            if (i == 0 || parts.f1 > best.f1) {
                best = parts;
            }
        }
        return part_ == "f1" ? best.f1 : part_ == "precision" ? best.precision : best.recall;
    }

private:
    std::string name_;
    RougeKind kind_;
    bool stem_;
    std::string part_;
};

}  // namespace

std::vector<std::string> rouge_words(std::string_view text, bool stem) {
    std::vector<std::string> words;
    std::string word;
    const auto end_word = [&] {
        if (!word.empty()) {
            words.push_back(stem && word.size() > 3 ? porter_stem(std::move(word)) : std::move(word));
            word.clear();
        }
    };
    for (std::size_t at = 0; at < text.size();) {
        const char32_t c = next_character(text, at);
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
            word += static_cast<char>(c);
        } else if (c >= 'A' && c <= 'Z') {
            word += static_cast<char>(c - 'A' + 'a');
        } else if (c == 0x212A) {  // the sign of Kelvin is a capital k
            word += 'k';
        } else if (c == 0x130) {  // a capital i with a dot is an i and a mark
            word += 'i';
            end_word();
        } else {
            end_word();
        }
    }
    end_word();
    return words;
}

Result<RougeParts> rouge(RougeKind kind, bool stem, std::string_view reference, std::string_view hypothesis) {
    Numbers numbers;
    if (kind.of == RougeKind::Of::lines) {
        const auto reference_lines = numbers.of_lines(reference, stem);
        const auto said = numbers.of_lines(hypothesis, stem);
        return of_lines(reference_lines, said, numbers.size());
    }
    Symbols words = numbers.of(reference, stem);
    Symbols said = numbers.of(hypothesis, stem);
    if (kind.of == RougeKind::Of::ngrams) {
        return of_ngrams(std::move(words), std::move(said), kind.order);
    }
    return parts_of(lcs_length(words, said), words.size(), said.size());
}

Result<std::unique_ptr<Scorer>> make_rouge(std::string_view name, ScoreOptions options) {
    RougeKind kind{.of = RougeKind::Of::text};
    if (name == "rougeLsum") {
        kind.of = RougeKind::Of::lines;
    } else if (name != "rougeL") {
        kind = {.of = RougeKind::Of::ngrams, .order = name.back() - '0'};
    }
    const bool stem = options.flag("stem", false);
    std::string part = options.word("part", "f1", part_names);
    if (auto checked = options.check(); !checked) {
        return checked.error();
    }
    return std::unique_ptr<Scorer>(std::make_unique<Rouge>(std::string(name), kind, stem, std::move(part)));
}

}  // namespace tandem::scores
