// Keeps or replaces a token that a small model drafted, so that what comes out is distributed as the large model's own
// choice is (Leviathan et al. 2023, algorithm 1): kept with probability min(1, p / q), else one is drawn from
// max(0, p - q). No torch. Thread rule: stateless but for the random numbers.
#pragma once

#include <span>

#include "engine/generation/sampler.h"

namespace tandem {

struct CheckedDraft {
    TokenId id = 0;
    bool accepted = false;
};

// `small` is what `drafted` was drawn from, `large` what it is to be distributed as; both are ordered by id and not
// empty. Neither is normalised.
CheckedDraft check_draft(TokenId drafted, std::span<const Candidate> large, std::span<const Candidate> small,
                         Random& random);

}  // namespace tandem
