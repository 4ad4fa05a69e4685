#include <gtest/gtest.h>

#include <array>
#include <initializer_list>
#include <set>

#include "engine/generation/random.h"

namespace tandem {
namespace {

// Reference: the authors' splitmix64.c, seed 0.
TEST(Random, splitmix64_gives_the_published_numbers) {
    std::uint64_t state = 0;
    for (const std::uint64_t expected : std::initializer_list<std::uint64_t>{
             0xE220A8397B1DCDAFu, 0x6E789E6AA1B965F4u, 0x06C45D188009454Fu, 0xF88BB8A8724C81ECu}) {
        EXPECT_EQ(splitmix64(state), expected);
    }
}

// Reference: the authors' xoshiro256starstar.c from state 1, 2, 3, 4.
TEST(Random, xoshiro_gives_the_published_numbers) {
    Random random(std::array<std::uint64_t, 4>{1, 2, 3, 4});
    for (const std::uint64_t expected : std::initializer_list<std::uint64_t>{
             11520u, 0u, 1509978240u, 1215971899390074240u, 1216172134540287360u, 607988272756665600u,
             16172922978634559625u, 8476171486693032832u, 10595114339597558777u, 2904607092377533576u}) {
        EXPECT_EQ(random.next(), expected);
    }
}

TEST(Random, one_seed_gives_one_sequence_and_another_stream_another) {
    Random first(42, 0);
    Random again(42, 0);
    Random stream(42, 1);
    Random seed(43, 0);
    std::set<std::uint64_t> seen;
    for (int i = 0; i < 100; ++i) {
        const std::uint64_t number = first.next();
        EXPECT_EQ(number, again.next());
        seen.insert({number, stream.next(), seed.next()});
    }
    EXPECT_EQ(seen.size(), 300u);
}

TEST(Random, uniform_numbers_fill_the_interval_evenly) {
    Random random(7);
    std::array<int, 10> counts{};
    for (int i = 0; i < 100000; ++i) {
        const double number = random.uniform();
        ASSERT_GE(number, 0);
        ASSERT_LT(number, 1);
        ++counts[static_cast<std::size_t>(number * 10)];
    }
    for (const int count : counts) {
        EXPECT_NEAR(count, 10000, 5 * 95);  // five standard deviations
    }
}

TEST(Random, below_reaches_every_number_and_none_beyond) {
    Random random(7);
    std::array<int, 7> counts{};
    for (int i = 0; i < 70000; ++i) {
        ++counts.at(random.below(7));
    }
    for (const int count : counts) {
        EXPECT_NEAR(count, 10000, 5 * 93);
    }
    EXPECT_EQ(random.below(1), 0u);
}

}  // namespace
}  // namespace tandem
