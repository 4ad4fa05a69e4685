// Rows of a KV cache: one sequence made into several that go on from it, and rows put into another order, as a search
// that keeps some continuations and drops others needs it. Keys, values, recurrent states and marks of padding move
// together. Thread rule: that of KvCache. May throw c10::Error besides what is said.
#pragma once

#include <cstdint>
#include <span>

#include "engine/nn/kv_cache.h"

namespace tandem {

// A cache with as many slots as `one`, a cache of batch 1, whose `rows` rows all hold what that holds. Errors:
// OUT_OF_MEMORY. (`one` is read only; reading it takes its writing calls.)
Result<KvCache> spread_rows(KvCache& one, std::int64_t rows);

// Row i becomes what row order[i] was. Positions before `shared` are the same in all rows and stay.
void select_rows(KvCache& cache, std::span<const std::int64_t> order, std::int64_t shared);

}  // namespace tandem
