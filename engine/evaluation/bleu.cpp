#include "engine/evaluation/bleu.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <string>
#include <utility>

#include "engine/evaluation/bleu_tokenizers.h"
#include "engine/evaluation/ngrams.h"
#include "engine/evaluation/signature.h"
#include "engine/evaluation/text.h"

namespace tandem::scores {
namespace {

constexpr std::array<std::string_view, 4> smoothing_names = {"exp", "floor", "add-k", "none"};
constexpr double log_of_zero = -9999999999;  // sacreBLEU's

// The closest length, the shorter of two that are equally close.
std::size_t closest(std::size_t length, const std::vector<std::size_t>& references) {
    const auto distance = [length](std::size_t other) { return length < other ? other - length : length - other; };
    return *std::min_element(references.begin(), references.end(), [&](std::size_t a, std::size_t b) {
        return std::pair(distance(a), a) < std::pair(distance(b), b);
    });
}

class Bleu final : public Scorer {
public:
    Bleu(BleuOptions options, BleuTokenizer tokenizer, bool lowercase)
        : options_(options), tokenizer_(tokenizer), lowercase_(lowercase) {}

    std::string name() const override { return "BLEU"; }
    std::size_t width() const override { return 2 + 2 * bleu_orders; }

    std::string signature(std::size_t references) const override {
        std::string smooth(smoothing_names[static_cast<std::size_t>(options_.smoothing)]);
        if (options_.smoothing == BleuSmoothing::floor || options_.smoothing == BleuSmoothing::add_k) {
            std::array<char, 32> value{};
            std::snprintf(value.data(), value.size(), "[%.2f]", options_.smoothing_value);
            smooth += value.data();
        }
        return sacrebleu_signature(references, {{"case", lowercase_ ? "lc" : "mixed"},
                                                {"eff", options_.effective_order ? "yes" : "no"},
                                                {"tok", std::string(tokenizer_.name)},
                                                {"smooth", smooth}});
    }

    Result<std::vector<double>> row(const Segment& segment) const override {
        WordNumbers numbers;
        std::vector<Symbols> sequences{words(segment.hypothesis, numbers)};
        std::vector<std::size_t> lengths;
        for (const std::string& reference : segment.references) {
            sequences.push_back(words(reference, numbers));
            lengths.push_back(sequences.back().size());
        }
        std::vector<double> row(width());
        row[0] = static_cast<double>(sequences[0].size());
        row[1] = static_cast<double>(closest(sequences[0].size(), lengths));
        Ngrams ngrams(std::move(sequences));
        for (std::size_t order = 0; order < bleu_orders; ++order) {
            if (order > 0) {
                ngrams.next_order();
            }
            const auto said = ngrams.counts(0);
            std::uint64_t matches = 0;
            for (std::size_t gram = 0; gram < said.size(); ++gram) {
                std::uint32_t most = 0;
                for (std::size_t i = 1; i <= lengths.size(); ++i) {
                    most = std::max(most, ngrams.counts(i)[gram]);
                }
                matches += std::min(said[gram], most);
            }
            row[2 + order] = static_cast<double>(matches);
            row[2 + bleu_orders + order] = static_cast<double>(ngrams.total(0));
        }
        return row;
    }

    std::function<double(std::span<const double>)> value_of() const override {
        return [options = options_](std::span<const double> sums) { return bleu_of(sums, options); };
    }

private:
    Symbols words(const std::string& text, WordNumbers& numbers) const {
        std::u32string line = lowercase_ ? lower_characters(text) : characters(text);
        strip_right(line);
        line = tokenizer_.cut(std::move(line));
        return numbers.of(split(line));
    }

    BleuOptions options_;
    BleuTokenizer tokenizer_;
    bool lowercase_;
};

}  // namespace

double bleu_of(std::span<const double> sums, const BleuOptions& options) {
    const double length = sums[0], reference = sums[1];
    const auto matches = sums.subspan(2, bleu_orders), totals = sums.subspan(2 + bleu_orders, bleu_orders);
    if (std::all_of(matches.begin(), matches.end(), [](double count) { return count == 0; })) {
        return 0;
    }
    const double penalty = length < reference ? (length > 0 ? std::exp(1 - reference / length) : 0.0) : 1.0;
    double logs = 0, halving = 1;
    std::size_t orders = bleu_orders;
    bool ended = false;
    for (std::size_t n = 0; n < bleu_orders; ++n) {
        const double added = options.smoothing == BleuSmoothing::add_k && n > 0 ? options.smoothing_value : 0;
        const double count = matches[n] + added, total = totals[n] + added;
        ended = ended || total == 0;
        if (ended) {
            logs += options.effective_order ? 0 : log_of_zero;
            continue;
        }
        if (options.effective_order) {
            orders = n + 1;
        }
        double precision = 0;
        if (count > 0) {
            precision = 100.0 * count / total;
        } else if (options.smoothing == BleuSmoothing::exp) {
            halving *= 2;
            precision = 100.0 / (halving * total);
        } else if (options.smoothing == BleuSmoothing::floor) {
            precision = 100.0 * options.smoothing_value / total;
        }
        logs += precision == 0 ? log_of_zero : std::log(precision);
    }
    return penalty * std::exp(logs / static_cast<double>(orders));
}

Result<std::unique_ptr<Scorer>> make_bleu(std::string_view, ScoreOptions options) {
    BleuOptions chosen;
    const std::string smooth = options.word("smooth", "exp", smoothing_names);
    const auto at = std::find(smoothing_names.begin(), smoothing_names.end(), smooth) - smoothing_names.begin();
    chosen.smoothing = static_cast<BleuSmoothing>(at);
    if (chosen.smoothing == BleuSmoothing::floor || chosen.smoothing == BleuSmoothing::add_k) {
        const bool floor = chosen.smoothing == BleuSmoothing::floor;
        chosen.smoothing_value = options.number("value", floor ? 0.1 : 1, 0, 1e6);
    }
    chosen.effective_order = options.flag("eff", false);
    const bool lowercase = options.flag("lowercase", false);
    const std::string tokenizer = options.has("tok") ? options.text("tok") : "13a";
    if (auto checked = options.check(); !checked) {
        return checked.error();
    }
    return std::unique_ptr<Scorer>(std::make_unique<Bleu>(chosen, TANDEM_TRY(bleu_tokenizer(tokenizer)), lowercase));
}

}  // namespace tandem::scores
