// Longest common subsequences by bit vectors: 64 cells of the table a step, O(a·b / 64) time. Thread rule: pure
// functions. Errors: none.
#pragma once

#include <cstddef>
#include <vector>

#include "engine/evaluation/ngrams.h"

namespace tandem::scores {

// O(b) memory beside the places of each symbol.
std::size_t lcs_length(const Symbols& a, const Symbols& b);

// Memory that lcs_positions takes, in bytes.
std::size_t lcs_positions_bytes(const Symbols& a, const Symbols& b);

// The positions in `a`, ascending, of the one longest subsequence that rouge-score takes: from the end back, equal
// symbols first, then a step back in `b` only where that alone keeps the length.
std::vector<std::size_t> lcs_positions(const Symbols& a, const Symbols& b);

}  // namespace tandem::scores
