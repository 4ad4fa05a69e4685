// Which examples make which batch. The order of an epoch is a function of the seed and the epoch's number alone, so
// that going on after an interruption needs no more than the place reached. No torch. Thread rule: stateless.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace tandem {

struct BatchRules {
    std::int64_t tokens = 4096;  // most of a batch, padding included
    std::int64_t rows = 0;       // most examples of a batch; 0: no limit
};

// Indices into the examples.
using Batch = std::vector<std::int64_t>;

// Batches of all examples once, `lengths` in tokens. Examples are shuffled, those of a run of about 100 batches are
// sorted by length so that little of a batch is padding, and the batches are shuffled. An example longer than the
// budget is a batch of its own.
std::vector<Batch> plan_epoch(std::span<const std::int64_t> lengths, const BatchRules& rules, std::uint64_t seed,
                              std::int64_t epoch);

// A sum of everything trained on, in its order: of `before`, that of the steps until now (empty: none), and one step.
std::string extend_order(const std::string& before, std::span<const Batch> step);

// 0 ... count - 1 in an order drawn by seed and stream (Fisher and Yates).
std::vector<std::int64_t> permutation(std::int64_t count, std::uint64_t seed, std::uint64_t stream);

}  // namespace tandem
