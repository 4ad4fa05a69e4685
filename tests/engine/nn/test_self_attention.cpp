// Splitting a fused projection, the slopes of ALiBi, and attention over a cache.
#include <gtest/gtest.h>

#include "engine/nn/self_attention.h"

namespace tandem {
namespace {

std::vector<float> slopes(std::int64_t heads) {
    const at::Tensor found = alibi_slopes(heads);
    return {found.const_data_ptr<float>(), found.const_data_ptr<float>() + found.numel()};
}

TEST(SelfAttention, a_fused_projection_has_queries_then_keys_then_values) {
    const at::Tensor qkv = at::arange(16, at::kFloat).view({1, 1, 16});
    const Heads heads = Heads::split_fused(qkv, 4, 2);
    EXPECT_EQ(heads.query.sizes(), (std::vector<std::int64_t>{1, 4, 1, 2}));
    EXPECT_TRUE(at::equal(heads.query.flatten(), at::arange(8, at::kFloat)));
    EXPECT_TRUE(at::equal(heads.key.flatten(), at::arange(8, 12, at::kFloat)));
    EXPECT_TRUE(at::equal(heads.value.flatten(), at::arange(12, 16, at::kFloat)));
}

// Press et al. 2022, section 3: 1/2, 1/4 ... for 8 heads; their published code for the rest.
TEST(SelfAttention, slopes_are_a_geometric_series_and_halves_of_the_next_for_other_numbers) {
    EXPECT_EQ(slopes(8), (std::vector<float>{0.5, 0.25, 0.125, 0.0625, 0.03125, 0.015625, 0.0078125, 0.00390625}));
    EXPECT_EQ(slopes(1), (std::vector<float>{0.00390625}));
    EXPECT_EQ(slopes(6), (std::vector<float>{0.25, 0.0625, 0.015625, 0.00390625, 0.5, 0.125}));
}

TEST(SelfAttention, what_is_kept_is_attended_to_and_padding_is_not) {
    at::manual_seed(1);
    const at::Tensor x = at::randn({2, 2, 5, 4});
    const Heads all{x, x * 2, x * 3};
    auto cache = KvCache::create(KvCacheShape::uniform(1, 2, 2, 5, 4), at::kCPU).value();
    cache.set_starts(at::tensor({std::int64_t{0}, std::int64_t{2}}, at::kLong));
    const at::Tensor whole = attend_cached(all, 0, cache);
    cache.clear();
    cache.set_starts(at::tensor({std::int64_t{0}, std::int64_t{2}}, at::kLong));
    for (std::int64_t place = 0; place < 5; ++place) {
        const at::Tensor one = x.narrow(2, place, 1);
        const at::Tensor found = attend_cached({one, one * 2, one * 3}, 0, cache);
        cache.advance(1);
        EXPECT_TRUE(at::allclose(found, whole.narrow(1, place, 1), 1e-5, 1e-6)) << place;
    }
    auto alone = KvCache::create(KvCacheShape::uniform(1, 1, 2, 3, 4), at::kCPU).value();
    const at::Tensor rest = x.narrow(0, 1, 1).narrow(2, 2, 3);
    const at::Tensor found = attend_cached({rest, rest * 2, rest * 3}, 0, alone);
    EXPECT_TRUE(at::allclose(found, whole.narrow(0, 1, 1).narrow(1, 2, 3), 1e-5, 1e-6));
}

}  // namespace
}  // namespace tandem
