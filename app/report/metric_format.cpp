#include "app/report/metric_format.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "app/report/number_format.h"

namespace tandem::report {
namespace {

// The scores of docs/formats/scores.md. ROUGE-3 to 9 stand with the others of their kind.
struct ScoreRow {
    std::string_view name, label, definition;
    Quantity quantity;
    Better better;
};
constexpr std::array scores = std::to_array<ScoreRow>({
    {"rouge1", "ROUGE-1", "Words that answer and reference share, F1.", Quantity::share, Better::higher},
    {"rouge2", "ROUGE-2", "Pairs of words that answer and reference share, F1.", Quantity::share, Better::higher},
    {"rouge3", "ROUGE-3", "3-grams that answer and reference share, F1.", Quantity::share, Better::higher},
    {"rouge4", "ROUGE-4", "4-grams that answer and reference share, F1.", Quantity::share, Better::higher},
    {"rouge5", "ROUGE-5", "5-grams that answer and reference share, F1.", Quantity::share, Better::higher},
    {"rouge6", "ROUGE-6", "6-grams that answer and reference share, F1.", Quantity::share, Better::higher},
    {"rouge7", "ROUGE-7", "7-grams that answer and reference share, F1.", Quantity::share, Better::higher},
    {"rouge8", "ROUGE-8", "8-grams that answer and reference share, F1.", Quantity::share, Better::higher},
    {"rouge9", "ROUGE-9", "9-grams that answer and reference share, F1.", Quantity::share, Better::higher},
    {"rougeL", "ROUGE-L", "Longest common subsequence of words of the whole texts, F1.", Quantity::share,
     Better::higher},
    {"rougeLsum", "ROUGE-Lsum", "Longest common subsequences line by line, F1.", Quantity::share, Better::higher},
    {"bleu", "BLEU", "BLEU of all answers together, 0 to 100, as sacreBLEU.", Quantity::percent, Better::higher},
    {"chrf", "chrF", "F-score of character n-grams, 0 to 100, as sacreBLEU.", Quantity::percent, Better::higher},
    {"chrf++", "chrF++", "chrF with words and pairs of words, 0 to 100, as sacreBLEU.", Quantity::percent,
     Better::higher},
    {"ter", "TER", "Edits per word of the reference, in percent, as sacreBLEU.", Quantity::percent, Better::lower},
    {"exact_match", "Exact match", "Share of answers that are the reference letter for letter.", Quantity::share,
     Better::higher},
    {"perplexity", "Perplexity",
     "exp of the mean negative log-likelihood of a token of the targets; only models of "
     "one tokenizer compare.",
     Quantity::plain, Better::lower},
    {"word_perplexity", "Word perplexity", "The same for each word.", Quantity::plain, Better::lower},
    {"byte_perplexity", "Byte perplexity", "The same for each byte.", Quantity::plain, Better::lower},
    {"bits_per_byte", "Bits per byte", "Negative log2-likelihood of the targets per byte of their text.",
     Quantity::share, Better::lower},
});

std::vector<MetricInfo> with_scores(std::vector<MetricInfo> metrics) {
    for (const ScoreRow& score : scores) {
        metrics.push_back({.name = std::string(score.name),
                           .label = std::string(score.label),
                           .heading = std::string(score.label),
                           .definition = std::string(score.definition),
                           .quantity = score.quantity,
                           .better = score.better,
                           .score = true});
    }
    return metrics;
}

const std::vector<MetricInfo>& registry() {
    static const std::vector<MetricInfo> metrics = with_scores({
        {.name = "decode_tokens_per_second",
         .label = "Decode speed",
         .heading = "decode",
         .definition = "Tokens produced per second after the first one: 1 / time per output token.",
         .quantity = Quantity::tokens_per_second,
         .better = Better::higher},
        {.name = "ttft_ms",
         .label = "Time to first token",
         .heading = "first token",
         .definition = "From the request to the first token that is not empty; includes tokenisation, prefill and the "
                       "choice of that token.",
         .quantity = Quantity::milliseconds,
         .better = Better::lower},
        {.name = "prefill_tokens_per_second",
         .label = "Prefill speed",
         .heading = "prefill",
         .definition = "Tokens of the prompt divided by the time that reading them took.",
         .quantity = Quantity::tokens_per_second,
         .better = Better::higher},
        {.name = "tpot_ms",
         .label = "Time per output token",
         .heading = "per token",
         .definition = "(end to end - time to first token) / (output tokens - 1); undefined for a single token.",
         .quantity = Quantity::milliseconds,
         .better = Better::lower},
        {.name = "speedup",
         .label = "Speed-up",
         .heading = "speed-up",
         .definition = "End-to-end time of the baseline, divided by its own; above 1 it is the faster of both.",
         .quantity = Quantity::ratio,
         .better = Better::higher},
        {.name = "ttft_speedup",
         .label = "Speed-up of the first token",
         .heading = "first token",
         .definition = "Time to first token of the baseline, divided by its own.",
         .quantity = Quantity::ratio,
         .better = Better::higher,
         .detail = true},
        {.name = "tpot_speedup",
         .label = "Speed-up per output token",
         .heading = "per token",
         .definition = "Time per output token of the baseline, divided by its own.",
         .quantity = Quantity::ratio,
         .better = Better::higher,
         .detail = true},
        {.name = "peak_rss_ratio",
         .label = "Peak memory against the baseline",
         .heading = "memory",
         .definition = "Its peak memory, divided by that of the baseline; below 1 it needs less.",
         .quantity = Quantity::ratio,
         .better = Better::lower,
         .detail = true},
        {.name = "size_ratio",
         .label = "Size ratio",
         .heading = "size ratio",
         .definition = "Parameters of the large model, divided by those of the small one; of a single model, those of "
                       "its baseline divided by its own.",
         .quantity = Quantity::ratio,
         .counted = true,
         .detail = true},
        {.name = "peak_rss_bytes",
         .label = "Peak memory",
         .heading = "peak memory",
         .definition = "The largest resident memory of the worker process, as the kernel counted it (VmHWM).",
         .quantity = Quantity::bytes,
         .better = Better::lower},
        {.name = "weights_bytes",
         .label = "Weights",
         .heading = "weights",
         .definition = "Memory that the weights take in the number format they are computed with.",
         .quantity = Quantity::bytes,
         .better = Better::lower,
         .counted = true},
        {.name = "kv_cache_bytes",
         .label = "KV cache",
         .heading = "KV cache",
         .definition = "Memory allocated for keys and values of past positions.",
         .quantity = Quantity::bytes,
         .better = Better::lower,
         .counted = true},
        {.name = "end_to_end_ms",
         .label = "End to end",
         .heading = "end to end",
         .definition = "From the request to the last token.",
         .quantity = Quantity::milliseconds,
         .better = Better::lower},
        {.name = "load_ms",
         .label = "Load time",
         .heading = "load",
         .definition = "From opening the weights to a model that can answer; the tokenizer is not part of it.",
         .quantity = Quantity::milliseconds,
         .better = Better::lower},
        {.name = "energy_joules",
         .label = "Energy",
         .heading = "energy",
         .definition = "Power integrated over the run, from a counter of the machine; absent where it has none.",
         .quantity = Quantity::joules,
         .better = Better::lower},
        {.name = "inter_token_ms",
         .label = "Time between tokens",
         .heading = "between tokens",
         .definition = "Every gap from one token to the next, pooled over repetitions. Gaps of one text are not "
                       "independent of each other, so their mean has no confidence interval.",
         .quantity = Quantity::milliseconds,
         .better = Better::lower},
        {.name = "train_tokens_per_second",
         .label = "Training speed",
         .heading = "training",
         .definition = "Tokens of prompts and targets learned from per second, mean over the steps.",
         .quantity = Quantity::tokens_per_second,
         .better = Better::higher},
        {.name = "train_loss",
         .label = "Training loss",
         .heading = "train loss",
         .definition = "Cross-entropy in nats per token of the target, of the last step.",
         .better = Better::lower},
        {.name = "validation_loss",
         .label = "Validation loss",
         .heading = "val. loss",
         .definition = "Cross-entropy in nats per token of the validation set's targets, at its lowest.",
         .better = Better::lower},
    });
    return metrics;
}

std::string words(std::string_view name) {
    std::string text(name);
    std::replace(text.begin(), text.end(), '_', ' ');
    return text;
}

struct Ending {
    std::string_view text;
    Quantity quantity;
};
constexpr std::array<Ending, 4> endings{{{"_tokens_per_second", Quantity::tokens_per_second},
                                         {"_ms", Quantity::milliseconds},
                                         {"_bytes", Quantity::bytes},
                                         {"_joules", Quantity::joules}}};

}  // namespace

std::span<const MetricInfo> known_metrics() {
    return registry();
}

std::size_t metric_rank(std::string_view full_name) {
    const std::string_view name = full_name.substr(0, full_name.find(':'));
    const auto& metrics = registry();
    return static_cast<std::size_t>(
        std::find_if(metrics.begin(), metrics.end(), [&](const MetricInfo& info) { return info.name == name; }) -
        metrics.begin());
}

MetricInfo metric_info(std::string_view name) {
    if (const std::size_t rank = metric_rank(name); rank < registry().size()) {
        MetricInfo info = registry()[rank];
        if (const std::size_t colon = name.find(':'); colon != std::string_view::npos) {
            const std::string options = " (" + std::string(name.substr(colon + 1)) + ")";
            info.name = name;
            info.label += options;
            info.heading += options;
        }
        return info;
    }
    MetricInfo info{.name = std::string(name)};
    std::string_view stem = name;
    for (const Ending& ending : endings) {
        if (stem.size() > ending.text.size() && stem.ends_with(ending.text)) {
            info.quantity = ending.quantity;
            stem.remove_suffix(ending.text.size());
            break;
        }
    }
    info.label = info.heading = words(stem);
    return info;
}

Unit choose_unit(Quantity quantity, double largest) {
    constexpr double kib = 1024;
    constexpr double ms_per_s = 1000;
    const double size = std::abs(largest);
    switch (quantity) {
        case Quantity::milliseconds:
            return size >= 10 * ms_per_s ? Unit{"s", ms_per_s} : Unit{"ms", 1};
        case Quantity::tokens_per_second:
            return {"tokens/s", 1};
        case Quantity::bytes:
            if (size >= kib * kib * kib) {
                return {"GiB", kib * kib * kib};
            }
            if (size >= kib * kib) {
                return {"MiB", kib * kib};
            }
            return size >= kib ? Unit{"KiB", kib} : Unit{"B", 1};
        case Quantity::joules:
            return {"J", 1};
        case Quantity::share:
            return {.name = "", .divisor = 1, .decimals = 4};
        case Quantity::percent:
            return {.name = "", .divisor = 1, .decimals = 2};
        case Quantity::ratio:
            return {.name = "×", .divisor = 1, .decimals = 2};
        case Quantity::plain:
            break;
    }
    return {};
}

int decimals_in(const Unit& unit, double shown, std::optional<double> half_width) {
    if (unit.decimals) {
        return *unit.decimals;
    }
    return unit.name == "B" && !half_width ? 0 : decimals_for(shown, half_width);
}

std::optional<double> half_width(const MetricSummary& metric) {
    if (!metric.ci95_low || !metric.ci95_high) {
        return std::nullopt;
    }
    return (*metric.ci95_high - *metric.ci95_low) / 2;
}

std::string format_metric(const MetricSummary& metric, const Unit& unit) {
    if (!metric.mean || !std::isfinite(*metric.mean)) {
        return {};
    }
    const double mean = *metric.mean / unit.divisor;
    std::optional<double> half = half_width(metric);
    if (half) {
        *half /= unit.divisor;
    }
    if (!half || *half == 0) {
        return fixed(mean, decimals_in(unit, mean, std::nullopt));
    }
    const int decimals = decimals_in(unit, mean, half);
    return fixed(mean, decimals) + " ± " + fixed(*half, decimals);
}

std::string format_value(double value, Quantity quantity) {
    const Unit unit = choose_unit(quantity, value);
    const double shown = value / unit.divisor;
    return fixed(shown, decimals_in(unit, shown, std::nullopt)) + (unit.name.empty() ? "" : " " + unit.name);
}

}  // namespace tandem::report
