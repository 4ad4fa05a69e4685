#include "engine/generation/draft_check.h"

#include <algorithm>
#include <vector>

namespace tandem {
namespace {

double total(std::span<const Candidate> candidates) {
    double sum = 0;
    for (const Candidate& candidate : candidates) {
        sum += candidate.weight;
    }
    return sum;
}

double weight_of(TokenId id, std::span<const Candidate> candidates) {
    const auto found = std::ranges::lower_bound(candidates, id, {}, &Candidate::id);
    return found != candidates.end() && found->id == id ? found->weight : 0;
}

// max(0, p - q) of each of the large model's candidates.
std::vector<Candidate> residual(std::span<const Candidate> large, double large_total, std::span<const Candidate> small,
                                double small_total) {
    std::vector<Candidate> rest;
    auto other = small.begin();
    for (const Candidate& candidate : large) {
        while (other != small.end() && other->id < candidate.id) {
            ++other;
        }
        const double drafted = other != small.end() && other->id == candidate.id ? other->weight / small_total : 0;
        const double weight = candidate.weight / large_total - drafted;
        if (weight > 0) {
            rest.push_back({.id = candidate.id, .score = candidate.score, .weight = weight});
        }
    }
    return rest;
}

}  // namespace

CheckedDraft check_draft(TokenId drafted, std::span<const Candidate> large, std::span<const Candidate> small,
                         Random& random) {
    const double large_total = total(large);
    const double small_total = total(small);
    const double p = weight_of(drafted, large) / large_total;
    const double q = weight_of(drafted, small) / small_total;
    if (random.uniform() * q < p) {
        return {.id = drafted, .accepted = true};
    }
    const std::vector<Candidate> rest = residual(large, large_total, small, small_total);
    // Rejected means p < q here, so that p > q somewhere, but for rounding.
    return {.id = rest.empty() ? draw(large, random) : draw(rest, random), .accepted = false};
}

}  // namespace tandem
