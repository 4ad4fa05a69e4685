#include "engine/evaluation/ter.h"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/evaluation/bleu_tokenizers.h"
#include "engine/evaluation/signature.h"
#include "engine/evaluation/text.h"

namespace tandem::scores {
namespace {

bool is_asian(char32_t c) {
    // The range from 0x3200 ends at 0x3F22 in Tercom's tables as sacreBLEU has them.
    return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x31C0 && c <= 0x31EF) ||
           (c >= 0x2E80 && c <= 0x2EFF) || (c >= 0x3200 && c <= 0x3F22) || (c >= 0xF900 && c <= 0xFAFF) ||
           (c >= 0xFE30 && c <= 0xFE4F);
}

bool is_asian_mark(char32_t c) {
    return c == 0x3001 || c == 0x3002 || (c >= 0x3008 && c <= 0x3011) || (c >= 0x3014 && c <= 0x301F) ||
           (c >= 0xFF61 && c <= 0xFF65) || c == 0x30FB || c == 0xFF0E || c == 0xFF0C || c == 0xFF1F || c == 0xFF1A ||
           c == 0xFF1B || c == 0xFF01 || c == 0xFF02 || c == 0xFF08 || c == 0xFF09;
}

std::u32string normalised(std::u32string text, bool asian) {
    replace_all(text, U"\n-", U"");
    replace_all(text, U"\n", U" ");
    unescape(text);
    text = part_marks(U" " + text + U" ");
    replace_all(text, U"'s ", U" 's ");
    text = part_stops(text);
    if (asian) {
        text = space_around(text, [](char32_t c) { return is_asian(c) || is_asian_mark(c); });
    }
    return text;
}

class Ter final : public Scorer {
public:
    explicit Ter(TerTokens tokens) : tokens_(tokens) {}

    std::string name() const override { return "TER"; }
    bool higher_is_better() const override { return false; }
    std::size_t width() const override { return 2; }

    std::string signature(std::size_t references) const override {
        const auto yes = [](bool is) { return is ? "yes" : "no"; };
        return sacrebleu_signature(references, {{"case", tokens_.keep_case ? "mixed" : "lc"},
                                                {"tok", "tercom"},
                                                {"norm", yes(tokens_.normalise)},
                                                {"punct", yes(!tokens_.drop_punctuation)},
                                                {"asian", yes(tokens_.asian)}});
    }

    // The fewest edits to any reference, and the mean length of all.
    Result<std::vector<double>> row(const Segment& segment) const override {
        WordNumbers numbers;
        const auto words = [&](const std::string& text, int times) {
            const std::u32string line = ter_text(text, tokens_, times);
            return numbers.of(split(line));
        };
        const Symbols said = words(segment.hypothesis, 1);
        std::size_t length = 0, edits = 0;
        for (std::size_t i = 0; i < segment.references.size(); ++i) {
            const Symbols reference = words(segment.references[i], 2);
            const std::size_t needed = ter_edits(said, reference);
            edits = i == 0 ? needed : std::min(edits, needed);
            length += reference.size();
        }
        return std::vector<double>{static_cast<double>(edits),
                                   static_cast<double>(length) / static_cast<double>(segment.references.size())};
    }

    std::function<double(std::span<const double>)> value_of() const override {
        return [](std::span<const double> sums) {
            return sums[1] > 0 ? 100 * (sums[0] / sums[1]) : sums[0] > 0 ? 100.0 : 0.0;
        };
    }

private:
    TerTokens tokens_;
};

}  // namespace

std::u32string ter_text(std::string_view text, TerTokens options, int times) {
    std::u32string line = options.keep_case ? characters(text) : lower_characters(text);
    for (int time = 0; time < times; ++time) {
        strip_right(line);
        if (line.empty()) {
            break;
        }
        if (options.normalise) {
            line = normalised(std::move(line), options.asian);
        }
        if (options.drop_punctuation) {
            constexpr std::u32string_view marks = U".,?:;!\"()";
            std::erase_if(line, [&](char32_t c) {
                return marks.find(c) != std::u32string_view::npos || (options.asian && is_asian_mark(c));
            });
        }
        std::u32string joined;
        for (const std::u32string_view word : split(line)) {
            joined.append(joined.empty() ? U"" : U" ").append(word);
        }
        line = std::move(joined);
    }
    return line;
}

Result<std::unique_ptr<Scorer>> make_ter(std::string_view, ScoreOptions options) {
    TerTokens tokens;
    tokens.keep_case = options.flag("case", false);
    tokens.normalise = options.flag("norm", false);
    tokens.drop_punctuation = !options.flag("punct", true);
    tokens.asian = options.flag("asian", false);
    if (auto checked = options.check(); !checked) {
        return checked.error();
    }
    return std::unique_ptr<Scorer>(std::make_unique<Ter>(tokens));
}

}  // namespace tandem::scores
