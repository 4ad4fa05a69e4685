#include "engine/generation/sampler.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <string>

namespace tandem {
namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

struct Scan {
    float largest = -infinity;
    bool has_nan = false;
};

// One pass in lanes that the vectoriser takes up; a plain maximum would be a chain of comparisons.
Scan scan(std::span<const float> values) {
    constexpr std::size_t lanes = 16;
    std::array<float, lanes> largest;
    largest.fill(-infinity);
    std::array<int, lanes> nan{};
    std::size_t i = 0;
    for (; i + lanes <= values.size(); i += lanes) {
        for (std::size_t lane = 0; lane < lanes; ++lane) {
            const float value = values[i + lane];
            largest[lane] = value > largest[lane] ? value : largest[lane];
            nan[lane] |= value != value ? 1 : 0;
        }
    }
    Scan result;
    for (std::size_t lane = 0; lane < lanes; ++lane) {
        result.largest = std::max(result.largest, largest[lane]);
        result.has_nan = result.has_nan || nan[lane] != 0;
    }
    for (; i < values.size(); ++i) {
        result.largest = values[i] > result.largest ? values[i] : result.largest;
        result.has_nan = result.has_nan || values[i] != values[i];
    }
    return result;
}

Result<float> largest_of(std::span<const float> scores) {
    const Scan found = scan(scores);
    if (found.has_nan || !std::isfinite(found.largest)) {
        const char* what = found.has_nan       ? "a number-less value (NaN)"
                           : found.largest > 0 ? "an infinite value"
                           : scores.empty()    ? "no value"
                                               : "no token that may be chosen: all are minus infinity";
        return Error{.code = "LOGITS_NOT_FINITE",
                     .message = std::string("the model's logits hold ") + what +
                                "; its weights may be damaged or the number format too narrow, try dtype f32",
                     .kind = ErrorKind::failed};
    }
    return found.largest;
}

Error out_of_range(const char* name, double found, const char* allowed) {
    return Error{.code = "OPTION_RANGE",
                 .message = std::string(name) + " is " + std::to_string(found) + "; allowed is " + allowed};
}

// Heap order: the best candidate is at the front; of equal scores the lower id.
bool worse(const Candidate& a, const Candidate& b) {
    return a.score != b.score ? a.score < b.score : a.id > b.id;
}

}  // namespace

TokenId draw(std::span<const Candidate> candidates, Random& random) {
    double total = 0;
    for (const Candidate& candidate : candidates) {
        total += candidate.weight;
    }
    const double drawn = random.uniform() * total;
    double reached = 0;
    for (const Candidate& candidate : candidates) {
        reached += candidate.weight;
        if (drawn < reached) {
            return candidate.id;
        }
    }
    return candidates.back().id;
}

Result<Sampler> Sampler::create(const GenerationOptions& options, std::vector<TokenId> end_ids, Random random) {
    // Written so that a NaN fails.
    if (!(options.temperature > 0 && std::isfinite(options.temperature))) {
        return out_of_range("temperature", options.temperature, "a positive number; greedy: true for the limit at 0");
    }
    if (!(options.top_p >= 0 && options.top_p <= 1)) {
        return out_of_range("top_p", options.top_p, "0 to 1");
    }
    if (!(options.min_p >= 0 && options.min_p <= 1)) {
        return out_of_range("min_p", options.min_p, "0 to 1");
    }
    if (!(options.repetition_penalty > 0 && std::isfinite(options.repetition_penalty))) {
        return out_of_range("repetition_penalty", options.repetition_penalty, "a positive number; 1 is off");
    }
    if (options.top_k < 0) {
        return out_of_range("top_k", static_cast<double>(options.top_k), "0 (off) or more");
    }
    return Sampler(options, std::move(end_ids), random);
}

void Sampler::see(TokenId id) {
    if (options_.repetition_penalty == 1 || id < 0) {
        return;
    }
    const auto place = static_cast<std::size_t>(id);
    if (place >= seen_flags_.size()) {
        seen_flags_.resize(place + 1);
    }
    if (!seen_flags_[place]) {
        seen_flags_[place] = true;
        seen_.push_back(id);
    }
}

void Sampler::forget_behind(std::size_t seen) {
    for (; seen_.size() > seen; seen_.pop_back()) {
        seen_flags_[static_cast<std::size_t>(seen_.back())] = false;
    }
}

std::span<const float> Sampler::adjust(std::span<const float> logits, std::int64_t answered) {
    const bool too_short = answered < options_.min_new_tokens && !end_ids_.empty();
    if (seen_.empty() && !too_short) {
        return logits;
    }
    scores_.assign(logits.begin(), logits.end());
    const auto penalty = static_cast<float>(options_.repetition_penalty);
    for (const TokenId id : seen_) {
        if (static_cast<std::size_t>(id) < scores_.size()) {
            float& score = scores_[static_cast<std::size_t>(id)];
            score = score < 0 ? score * penalty : score / penalty;
        }
    }
    if (too_short) {
        for (const TokenId id : end_ids_) {
            if (id >= 0 && static_cast<std::size_t>(id) < scores_.size()) {
                scores_[static_cast<std::size_t>(id)] = -infinity;
            }
        }
    }
    return scores_;
}

Result<TokenId> Sampler::choose(std::span<const float> logits, std::int64_t answered) {
    if (options_.greedy) {
        const std::span<const float> scores = adjust(logits, answered);
        const float largest = TANDEM_TRY(largest_of(scores));
        return static_cast<TokenId>(std::find(scores.begin(), scores.end(), largest) - scores.begin());
    }
    const std::span<const Candidate> kept = TANDEM_TRY(distribution(logits, answered));
    return draw(kept, random_);
}

Result<std::span<const Candidate>> Sampler::distribution(std::span<const float> logits, std::int64_t answered) {
    const std::span<const float> scores = adjust(logits, answered);
    const auto temperature = static_cast<float>(options_.temperature);
    const float largest = TANDEM_TRY(largest_of(scores)) / temperature;
    keep_top_k(scores);
    for (Candidate& candidate : kept_) {
        candidate.score /= temperature;
        candidate.weight = std::exp(static_cast<double>(candidate.score) - static_cast<double>(largest));
    }
    if (options_.top_p < 1) {
        keep_top_p();
    }
    if (options_.min_p > 0) {
        std::erase_if(kept_, [&](const Candidate& candidate) { return candidate.weight < options_.min_p; });
    }
    return std::span<const Candidate>(kept_);
}

void Sampler::keep_top_k(std::span<const float> scores) {
    float least = std::numeric_limits<float>::lowest();
    const auto k = static_cast<std::size_t>(options_.top_k);
    if (k > 0 && k < scores.size()) {
        largest_.resize(k);
        std::partial_sort_copy(scores.begin(), scores.end(), largest_.begin(), largest_.end(), std::greater<>());
        least = std::max(least, largest_.back());
    }
    kept_.clear();
    for (std::size_t i = 0; i < scores.size(); ++i) {
        if (scores[i] >= least) {
            kept_.push_back({.id = static_cast<TokenId>(i), .score = scores[i]});
        }
    }
}

void Sampler::keep_top_p() {
    double total = 0;
    for (const Candidate& candidate : kept_) {
        total += candidate.weight;
    }
    // Those below the average of what may be dropped are dropped in any case, best one aside: together they are less
    // than that. It leaves the heap a small part of a large vocabulary.
    const double negligible = (1 - options_.top_p) * total / static_cast<double>(kept_.size());
    std::erase_if(kept_, [&](const Candidate& c) { return c.weight < negligible && c.weight < 1; });

    std::make_heap(kept_.begin(), kept_.end(), worse);
    auto heap_end = kept_.end();
    double reached = 0;
    do {
        std::pop_heap(kept_.begin(), heap_end, worse);
        --heap_end;
        reached += heap_end->weight;
    } while (heap_end != kept_.begin() && reached < options_.top_p * total);
    kept_.erase(kept_.begin(), heap_end);
    std::sort(kept_.begin(), kept_.end(), [](const Candidate& a, const Candidate& b) { return a.id < b.id; });
}

}  // namespace tandem
