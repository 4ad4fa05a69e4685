// Batches hold every example once, stay within their budget, and depend on seed and epoch alone.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "engine/models/counter_random.h"
#include "engine/training/batches.h"

namespace tandem::test {
namespace {

std::vector<std::int64_t> some_lengths(std::int64_t count) {
    CounterRandom random(5, 0);
    std::vector<std::int64_t> lengths;
    for (std::int64_t index = 0; index < count; ++index) {
        lengths.push_back(1 + static_cast<std::int64_t>(random.below(90)));
    }
    return lengths;
}

std::vector<std::int64_t> flat(const std::vector<Batch>& batches) {
    std::vector<std::int64_t> all;
    for (const Batch& batch : batches) {
        all.insert(all.end(), batch.begin(), batch.end());
    }
    return all;
}

std::int64_t width(const Batch& batch, const std::vector<std::int64_t>& lengths) {
    std::int64_t longest = 0;
    for (const std::int64_t index : batch) {
        longest = std::max(longest, lengths[static_cast<std::size_t>(index)]);
    }
    return longest;
}

TEST(Batches, every_example_is_in_exactly_one_batch) {
    for (const std::int64_t count : {1, 2, 57, 3000}) {
        std::vector<std::int64_t> all = flat(plan_epoch(some_lengths(count), {.tokens = 128}, 1, 0));
        std::ranges::sort(all);
        std::vector<std::int64_t> expected(static_cast<std::size_t>(count));
        std::iota(expected.begin(), expected.end(), 0);
        EXPECT_EQ(all, expected);
    }
}

TEST(Batches, no_batch_is_over_its_budget_but_one_long_example_alone) {
    auto lengths = some_lengths(1000);
    lengths[17] = 700;
    for (const Batch& batch : plan_epoch(lengths, {.tokens = 256, .rows = 9}, 1, 0)) {
        const std::int64_t rows = static_cast<std::int64_t>(batch.size());
        EXPECT_TRUE(rows == 1 || rows * width(batch, lengths) <= 256);
        EXPECT_LE(rows, 9);
    }
}

TEST(Batches, little_of_a_batch_is_padding) {
    const auto lengths = some_lengths(5000);
    std::int64_t padded = 0;
    for (const Batch& batch : plan_epoch(lengths, {.tokens = 1024}, 1, 0)) {
        padded += static_cast<std::int64_t>(batch.size()) * width(batch, lengths);
    }
    const auto there = std::accumulate(lengths.begin(), lengths.end(), std::int64_t{0});
    EXPECT_LT(static_cast<double>(padded - there) / static_cast<double>(padded), 0.03);
}

TEST(Batches, the_order_is_a_function_of_seed_and_epoch) {
    const auto lengths = some_lengths(400);
    EXPECT_EQ(plan_epoch(lengths, {.tokens = 200}, 3, 2), plan_epoch(lengths, {.tokens = 200}, 3, 2));
    EXPECT_NE(flat(plan_epoch(lengths, {.tokens = 200}, 3, 2)), flat(plan_epoch(lengths, {.tokens = 200}, 3, 1)));
    EXPECT_NE(flat(plan_epoch(lengths, {.tokens = 200}, 3, 2)), flat(plan_epoch(lengths, {.tokens = 200}, 4, 2)));
}

TEST(Batches, each_place_is_as_likely_for_each_example) {
    // 6,000 shuffles of 6: each of 36 counts is 1,000 with a deviation of 29.
    std::vector<std::vector<int>> counts(6, std::vector<int>(6));
    for (std::uint64_t seed = 0; seed < 6000; ++seed) {
        const auto order = permutation(6, seed, 0);
        for (std::size_t place = 0; place < 6; ++place) {
            ++counts[place][static_cast<std::size_t>(order[place])];
        }
    }
    for (const auto& row : counts) {
        for (const int count : row) {
            EXPECT_NEAR(count, 1000, 150);
        }
    }
}

TEST(Batches, the_sum_of_an_order_tells_orders_and_steps_apart) {
    const auto sum = [](const std::vector<std::vector<Batch>>& steps) {
        std::string order;
        for (const std::vector<Batch>& step : steps) {
            order = extend_order(order, step);
        }
        return order;
    };
    const std::string order = sum({{{1, 2}, {3}}, {{4}}});
    EXPECT_EQ(order, sum({{{1, 2}, {3}}, {{4}}}));
    for (const std::vector<std::vector<Batch>>& other : {std::vector<std::vector<Batch>>{{{1, 2}, {3}}},
                                                         {{{2, 1}, {3}}, {{4}}},
                                                         {{{1}, {2, 3}}, {{4}}},
                                                         {{{1, 2}}, {{3}, {4}}},
                                                         {{{4}}, {{1, 2}, {3}}},
                                                         {{{1, 2}, {3}, {4}}}}) {
        EXPECT_NE(order, sum(other));
    }
}

}  // namespace
}  // namespace tandem::test
