// How sure a score is, and whether two systems differ: resampling over segments with numpy's random numbers, so that a
// seed gives the same answer everywhere and that of sacreBLEU where the test is sacreBLEU's. Segments are taken for
// independent of each other. Errors: SCORE_PAIR, SCORE_SAMPLES. Thread rule: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

#include "engine/api/result.h"
#include "engine/evaluation/score.h"

namespace tandem {

struct Resampling {
    std::size_t samples = 1000;  // at most 1,000,000
    std::uint64_t seed = 12345;  // sacreBLEU's default
};

struct ScoreInterval {
    double low = 0, high = 0;  // percentiles 2.5 and 97.5 of the resampled scores, interpolated (type 7)
    double mean = 0;           // of the resampled scores
    double half_width = 0;     // sacreBLEU's "mean ± half_width": half of what lies between its own order statistics
};

// The 95 % interval of a score by the bootstrap (Efron 1979): segments drawn with replacement.
// O(samples · segments · width).
Result<ScoreInterval> bootstrap(const Score& score, Resampling resampling, std::stop_token stop = {});

struct PairedTest {
    double difference = 0;     // system − baseline
    double low = 0, high = 0;  // 95 % interval of the difference by the paired bootstrap; 0 and 0 for the randomisation
    double p = 1;              // two-sided
    ScoreInterval baseline, system;
    std::string signature;  // the score's, with the resampling: "nrefs:1|bs:1000|seed:12345|..."
};

// Both scores must be of one name and signature, over the same segments in the same order.
// Koehn 2004 as sacreBLEU's --paired-bs: how often |resampled difference| − their mean exceeds |difference|.
Result<PairedTest> paired_bootstrap(const Score& baseline, const Score& system, Resampling resampling,
                                    std::stop_token stop = {});

// Riezler and Maxwell 2005 as sacreBLEU's --paired-ar: how often swapping the systems at random, segment by segment,
// gives a larger difference. 10,000 trials are customary. Intervals of the scores are not part of it.
Result<PairedTest> paired_randomisation(const Score& baseline, const Score& system, Resampling resampling,
                                        std::stop_token stop = {});

// McNemar's exact test on answers that are right or wrong: the two-sided p that, of the items only one of the two got
// right, so uneven a share or a more uneven one belongs to one. 1 where there are none.
double mcnemar_exact(std::uint64_t only_first, std::uint64_t only_second);

struct Disagreement {
    std::uint64_t only_baseline = 0, only_system = 0;  // items that only this one got right
    double p = 1;
};

// McNemar's test on two scores whose segments are 0 or 1, as those of exact_match; absent otherwise. SCORE_PAIR as
// above.
Result<std::optional<Disagreement>> mcnemar(const Score& baseline, const Score& system);

}  // namespace tandem
