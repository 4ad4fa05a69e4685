#include "engine/training/batches.h"

#include <algorithm>
#include <numeric>

#include "engine/api/sha256.h"
#include "engine/models/counter_random.h"

namespace tandem {
namespace {

constexpr std::int64_t batches_in_a_run = 100;

std::uint64_t stream_of(std::int64_t epoch, std::uint64_t purpose) {
    return 2 * static_cast<std::uint64_t>(epoch) + purpose;
}

}  // namespace

std::vector<std::int64_t> permutation(std::int64_t count, std::uint64_t seed, std::uint64_t stream) {
    std::vector<std::int64_t> order(static_cast<std::size_t>(count));
    std::iota(order.begin(), order.end(), 0);
    CounterRandom random(seed, stream);
    for (std::size_t left = order.size(); left > 1; --left) {
        std::swap(order[left - 1], order[random.below(left)]);
    }
    return order;
}

std::vector<Batch> plan_epoch(std::span<const std::int64_t> lengths, const BatchRules& rules, std::uint64_t seed,
                              std::int64_t epoch) {
    std::vector<std::int64_t> order = permutation(static_cast<std::int64_t>(lengths.size()), seed, stream_of(epoch, 0));
    const auto length = [&](std::int64_t index) { return lengths[static_cast<std::size_t>(index)]; };
    std::vector<Batch> batches;
    std::size_t begin = 0;
    while (begin < order.size()) {
        std::int64_t tokens = 0;
        std::size_t end = begin;
        while (end < order.size() && tokens < batches_in_a_run * rules.tokens) {
            tokens += length(order[end++]);
        }
        std::stable_sort(order.begin() + static_cast<std::ptrdiff_t>(begin),
                         order.begin() + static_cast<std::ptrdiff_t>(end),
                         [&](std::int64_t a, std::int64_t b) { return length(a) < length(b); });
        Batch batch;
        for (std::size_t place = begin; place < end; ++place) {
            const auto rows = static_cast<std::int64_t>(batch.size()) + 1;
            // Sorted: this one is the longest so far, and the width of the batch.
            const bool full = rows * length(order[place]) > rules.tokens || (rules.rows > 0 && rows > rules.rows);
            if (full && !batch.empty()) {
                batches.push_back(std::move(batch));
                batch = {};
            }
            batch.push_back(order[place]);
        }
        batches.push_back(std::move(batch));
        begin = end;
    }
    std::vector<Batch> shuffled;
    shuffled.reserve(batches.size());
    for (const std::int64_t index : permutation(static_cast<std::int64_t>(batches.size()), seed, stream_of(epoch, 1))) {
        shuffled.push_back(std::move(batches[static_cast<std::size_t>(index)]));
    }
    return shuffled;
}

std::string extend_order(const std::string& before, std::span<const Batch> step) {
    Sha256 sum;
    sum.add(std::as_bytes(std::span(before)));
    for (const Batch& batch : step) {
        const auto size = static_cast<std::int64_t>(batch.size());
        sum.add(std::as_bytes(std::span(&size, 1)));
        sum.add(std::as_bytes(std::span(batch)));
    }
    return sum.hex();
}

}  // namespace tandem
