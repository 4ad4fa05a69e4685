#include <gtest/gtest.h>

#include "engine/nn/kv_cache.h"

namespace tandem {
namespace {

const KvCacheShape small = KvCacheShape::uniform(2, 2, 3, 8, 4);

TEST(KvCache, bytes_are_keys_and_values_of_all_layers) {
    EXPECT_EQ(small.bytes(), 2 * 2 * 2 * 3 * 8 * 4 * 4);
    KvCacheShape half = small;
    half.dtype = at::kHalf;
    EXPECT_EQ(half.bytes() * 2, small.bytes());
}

TEST(KvCache, appended_positions_come_back_in_order_and_where_they_lie) {
    auto cache = KvCache::create(small, at::kCPU).value();
    const at::Tensor keys = at::randn({2, 3, 5, 4});
    const at::Tensor values = at::randn({2, 3, 5, 4});
    const void* first_address = nullptr;
    for (std::int64_t layer = 0; layer < 2; ++layer) {
        const auto [k, v] = cache.append(layer, keys.narrow(2, 0, 3), values.narrow(2, 0, 3));
        EXPECT_TRUE(k.equal(keys.narrow(2, 0, 3)));
        EXPECT_TRUE(v.equal(values.narrow(2, 0, 3)));
        first_address = k.const_data_ptr();
    }
    EXPECT_EQ(cache.length(), 0);
    cache.advance(3);
    const auto [k, v] = cache.append(1, keys.narrow(2, 3, 2), values.narrow(2, 3, 2));
    EXPECT_TRUE(k.equal(keys));
    EXPECT_TRUE(v.equal(values));
    EXPECT_EQ(k.const_data_ptr(), first_address);
    cache.advance(2);
    EXPECT_EQ(cache.length(), 5);
}

TEST(KvCache, truncating_keeps_a_prefix_and_never_lengthens) {
    auto cache = KvCache::create(small, at::kCPU).value();
    cache.advance(6);
    cache.truncate(7);
    EXPECT_EQ(cache.length(), 6);
    cache.truncate(2);
    EXPECT_EQ(cache.length(), 2);
    cache.clear();
    EXPECT_EQ(cache.length(), 0);
}

TEST(KvCache, more_positions_than_slots_throw_and_change_nothing) {
    auto cache = KvCache::create(small, at::kCPU).value();
    cache.advance(7);
    const at::Tensor two = at::zeros({2, 3, 2, 4});
    EXPECT_THROW((void)cache.append(0, two, two), c10::Error);
    EXPECT_EQ(cache.length(), 7);
}

TEST(KvCache, padding_shifts_the_positions_of_its_row_until_the_cache_is_cleared) {
    auto cache = KvCache::create(small, at::kCPU).value();
    EXPECT_TRUE(cache.positions(3).equal(at::tensor({0, 1, 2}, at::kLong).view({1, 3})));
    cache.set_starts(at::tensor({0, 2}, at::kLong));
    EXPECT_TRUE(cache.positions(4).equal(at::tensor({0, 1, 2, 3, 0, 0, 0, 1}, at::kLong).view({2, 4})));
    cache.advance(4);
    EXPECT_TRUE(cache.positions(1).equal(at::tensor({4, 2}, at::kLong).view({2, 1})));
    EXPECT_THROW(cache.set_starts(at::tensor({0, 1}, at::kLong)), c10::Error);
    cache.clear();
    EXPECT_FALSE(cache.starts().defined());
}

TEST(KvCache, layers_of_their_own_size_and_states_are_counted_and_cleared) {
    const KvCacheShape mixed{
        .layers = {{.kv_heads = 2, .key_dim = 3, .value_dim = 5}, {.states = {{4}, {2, 3}}}}, .batch = 2, .slots = 8};
    EXPECT_EQ(mixed.bytes(), 4 * (2 * 2 * 8 * (3 + 5) + 2 * (4 + 6)));
    auto cache = KvCache::create(mixed, at::kCPU).value();
    EXPECT_EQ(cache.append(0, at::zeros({2, 2, 1, 3}), at::zeros({2, 2, 1, 5})).second.size(3), 5);
    EXPECT_FALSE(cache.can_truncate());
    cache.state(1, 1).fill_(7);
    EXPECT_EQ(cache.state(1, 0).sum().item<float>(), 0);
    EXPECT_EQ(cache.state(1, 1).sum().item<float>(), 7 * 2 * 6);
    cache.advance(1);
    EXPECT_THROW(cache.truncate(0), c10::Error);
    cache.clear();
    EXPECT_EQ(cache.state(1, 1).sum().item<float>(), 0);
}

TEST(KvCache, one_that_no_machine_can_hold_is_out_of_memory) {
    for (const std::int64_t slots : {std::int64_t{1} << 45, std::int64_t{1} << 62}) {
        KvCacheShape huge = small;
        huge.slots = slots;
        const auto cache = KvCache::create(huge, at::kCPU);
        ASSERT_FALSE(cache.ok());
        EXPECT_EQ(cache.error().code, "OUT_OF_MEMORY");
        EXPECT_EQ(cache.error().kind, ErrorKind::out_of_memory);
        EXPECT_NE(cache.error().message.find(std::to_string(slots)), std::string::npos) << cache.error().message;
    }
}

}  // namespace
}  // namespace tandem
