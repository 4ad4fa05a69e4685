#include "engine/evaluation/significance.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

#include "engine/benchmark/statistics.h"
#include "engine/evaluation/numpy_random.h"
#include "engine/evaluation/signature.h"

namespace tandem {
namespace {

using scores::NumpyCoin;
using scores::NumpyRandom;

constexpr std::size_t most_samples = 1'000'000;

using Sums = std::vector<double>;

void add(Sums& sums, std::span<const double> row) {
    for (std::size_t k = 0; k < sums.size(); ++k) {
        sums[k] += row[k];
    }
}

Result<void> check_samples(const Score& score, Resampling resampling) {
    if (resampling.samples < 1 || resampling.samples > most_samples) {
        return Error{.code = "SCORE_SAMPLES",
                     .message = "found " + std::to_string(resampling.samples) + " samples, allowed are 1 to " +
                                std::to_string(most_samples) + "; nothing was tested",
                     .where = score.name,
                     .kind = ErrorKind::bad_input};
    }
    if (score.rows.size() == 0 || score.rows.size() > std::numeric_limits<std::uint32_t>::max()) {
        return Error{.code = "SCORE_SAMPLES",
                     .message = "found " + std::to_string(score.rows.size()) +
                                " segments, resampling takes 1 to 4294967295; nothing was tested",
                     .where = score.name,
                     .kind = ErrorKind::bad_input};
    }
    return {};
}

Result<void> check_pair(const Score& baseline, const Score& system) {
    std::string found;
    if (baseline.rows.size() != system.rows.size()) {
        found = std::to_string(baseline.rows.size()) + " segments and " + std::to_string(system.rows.size());
    } else if (baseline.signature != system.signature || baseline.name != system.name) {
        found = baseline.name + "|" + baseline.signature + " and " + system.name + "|" + system.signature;
    } else {
        return {};
    }
    return Error{
        .code = "SCORE_PAIR",
        .message = "found " + found + "; a paired test needs one score over the same segments; nothing was tested",
        .where = baseline.name,
        .kind = ErrorKind::bad_input};
}

Error cancelled() {
    return {
        .code = "CANCELLED", .message = "stopped while resampling; nothing was stored", .kind = ErrorKind::cancelled};
}

double mean_of(const std::vector<double>& values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

ScoreInterval interval_of(std::vector<double> values) {
    ScoreInterval interval{.mean = mean_of(values)};
    std::sort(values.begin(), values.end());
    interval.low = percentile(values, 0.025);
    interval.high = percentile(values, 0.975);
    const std::size_t cut = values.size() / 40;
    interval.half_width = 0.5 * (values[values.size() - cut - 1] - values[cut]);
    return interval;
}

// Scores of each resample, one list for each of the scores, which are resampled together.
Result<std::vector<std::vector<double>>> resampled(std::initializer_list<const Score*> together, Resampling resampling,
                                                   std::stop_token stop) {
    std::vector<std::vector<double>> values(together.size());
    NumpyRandom random(resampling.seed);
    const auto segments = static_cast<std::uint32_t>((*together.begin())->rows.size());
    std::vector<Sums> sums(together.size());
    for (std::size_t sample = 0; sample < resampling.samples; ++sample) {
        if (stop.stop_requested()) {
            return cancelled();
        }
        std::size_t s = 0;
        for (const Score* score : together) {
            sums[s++].assign(score->rows.width, 0.0);
        }
        for (std::uint32_t drawn = 0; drawn < segments; ++drawn) {
            const std::uint32_t i = random.below(segments);
            s = 0;
            for (const Score* score : together) {
                add(sums[s++], score->rows.row(i));
            }
        }
        s = 0;
        for (const Score* score : together) {
            values[s].push_back(score->value_of(sums[s]));
            ++s;
        }
    }
    return values;
}

// (c + 1) / (n + 1): never 0, however large the difference.
double p_value(const std::vector<double>& values, double difference) {
    const auto larger = std::count_if(values.begin(), values.end(), [&](double value) { return value > difference; });
    return (static_cast<double>(larger) + 1) / (static_cast<double>(values.size()) + 1);
}

}  // namespace

Result<ScoreInterval> bootstrap(const Score& score, Resampling resampling, std::stop_token stop) {
    if (auto checked = check_samples(score, resampling); !checked) {
        return checked.error();
    }
    auto values = TANDEM_TRY(resampled({&score}, resampling, std::move(stop)));
    return interval_of(std::move(values[0]));
}

Result<PairedTest> paired_bootstrap(const Score& baseline, const Score& system, Resampling resampling,
                                    std::stop_token stop) {
    if (auto checked = check_pair(baseline, system); !checked) {
        return checked.error();
    }
    if (auto checked = check_samples(baseline, resampling); !checked) {
        return checked.error();
    }
    auto values = TANDEM_TRY(resampled({&baseline, &system}, resampling, std::move(stop)));
    std::vector<double> differences(resampling.samples), distances(resampling.samples);
    for (std::size_t i = 0; i < resampling.samples; ++i) {
        differences[i] = values[1][i] - values[0][i];
        distances[i] = std::abs(differences[i]);
    }
    const double centre = mean_of(distances);
    for (double& distance : distances) {
        distance -= centre;
    }
    PairedTest test{.difference = system.value - baseline.value};
    test.p = p_value(distances, std::abs(test.difference));
    std::sort(differences.begin(), differences.end());
    test.low = percentile(differences, 0.025);
    test.high = percentile(differences, 0.975);
    test.baseline = interval_of(std::move(values[0]));
    test.system = interval_of(std::move(values[1]));
    test.signature = scores::with_resampling(baseline.signature, "bs", resampling.samples, resampling.seed);
    return test;
}

Result<PairedTest> paired_randomisation(const Score& baseline, const Score& system, Resampling resampling,
                                        std::stop_token stop) {
    if (auto checked = check_pair(baseline, system); !checked) {
        return checked.error();
    }
    if (auto checked = check_samples(baseline, resampling); !checked) {
        return checked.error();
    }
    NumpyRandom random(resampling.seed);
    NumpyCoin coin(random);
    std::vector<double> distances(resampling.samples);
    Sums first, second;
    for (double& distance : distances) {
        if (stop.stop_requested()) {
            return cancelled();
        }
        first.assign(baseline.rows.width, 0.0);
        second = first;
        for (std::size_t i = 0; i < baseline.rows.size(); ++i) {
            const bool stays = coin.throw_once();
            add(stays ? first : second, baseline.rows.row(i));
            add(stays ? second : first, system.rows.row(i));
        }
        distance = std::abs(baseline.value_of(first) - baseline.value_of(second));
    }
    PairedTest test{.difference = system.value - baseline.value};
    test.p = p_value(distances, std::abs(test.difference));
    test.signature = scores::with_resampling(baseline.signature, "ar", resampling.samples, resampling.seed);
    return test;
}

double mcnemar_exact(std::uint64_t only_first, std::uint64_t only_second) {
    const std::uint64_t n = only_first + only_second, least = std::min(only_first, only_second);
    if (n == 0 || only_first == only_second) {
        return 1;
    }
    // Sum of the binomial's lower tail, from its largest term down: each is the one above it times i / (n − i + 1).
    const auto real = [](std::uint64_t count) { return static_cast<double>(count); };
    double term = 1, sum = 1;
    for (std::uint64_t i = least; i > 0 && term > 0; --i) {
        term *= real(i) / real(n - i + 1);
        sum += term;
        if (term < sum * 1e-18) {
            break;
        }
    }
    const double log_largest = std::lgamma(real(n) + 1) - std::lgamma(real(least) + 1) -
                               std::lgamma(real(n - least) + 1) - real(n) * std::log(2.0);
    return std::min(1.0, 2 * std::exp(log_largest) * sum);
}

Result<std::optional<Disagreement>> mcnemar(const Score& baseline, const Score& system) {
    if (auto checked = check_pair(baseline, system); !checked) {
        return checked.error();
    }
    Disagreement counts;
    for (std::size_t i = 0; i < baseline.rows.size(); ++i) {
        const double first = baseline.segment_value(i), second = system.segment_value(i);
        if (baseline.rows.width != 2 || baseline.rows.row(i)[1] != 1 || (first != 0 && first != 1) ||
            (second != 0 && second != 1)) {
            return std::optional<Disagreement>();
        }
        counts.only_baseline += first > second ? 1 : 0;
        counts.only_system += second > first ? 1 : 0;
    }
    counts.p = mcnemar_exact(counts.only_baseline, counts.only_system);
    return std::optional(counts);
}

}  // namespace tandem
