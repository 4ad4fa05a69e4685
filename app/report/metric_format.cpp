#include "app/report/metric_format.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "app/report/number_format.h"

namespace tandem::report {
namespace {

const std::vector<MetricInfo>& registry() {
    static const std::vector<MetricInfo> metrics{
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
    };
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

std::size_t metric_rank(std::string_view name) {
    const auto& metrics = registry();
    return static_cast<std::size_t>(
        std::find_if(metrics.begin(), metrics.end(), [&](const MetricInfo& info) { return info.name == name; }) -
        metrics.begin());
}

MetricInfo metric_info(std::string_view name) {
    if (const std::size_t rank = metric_rank(name); rank < registry().size()) {
        return registry()[rank];
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
        case Quantity::plain:
            break;
    }
    return {};
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
        return fixed(mean, unit.name == "B" ? 0 : decimals_for(mean, std::nullopt));
    }
    const int decimals = decimals_for(mean, half);
    return fixed(mean, decimals) + " ± " + fixed(*half, decimals);
}

std::string format_value(double value, Quantity quantity) {
    const Unit unit = choose_unit(quantity, value);
    const double shown = value / unit.divisor;
    return fixed(shown, unit.name == "B" ? 0 : decimals_for(shown, std::nullopt)) +
           (unit.name.empty() ? "" : " " + unit.name);
}

}  // namespace tandem::report
