#include <gtest/gtest.h>

#include "engine/nn/kv_rows.h"

namespace tandem {
namespace {

// A layer with attention, one with a recurrent state.
KvCache filled() {
    KvCacheShape shape = KvCacheShape::uniform(2, 1, 2, 6, 3);
    shape.layers[1] = {.states = {{4}}};
    KvCache cache = KvCache::create(shape, at::kCPU).value();
    cache.expect(2);
    (void)cache.mark(at::tensor({0, 1}).to(at::kBool).unsqueeze(0));
    cache.append(0, at::randn({1, 2, 2, 3}), at::randn({1, 2, 2, 3}));
    cache.state(1, 0).copy_(at::randn({1, 4}));
    cache.advance(2);
    return cache;
}

std::pair<at::Tensor, at::Tensor> held(KvCache& cache) {
    const at::Tensor none = at::empty({cache.shape().batch, 2, 0, 3});
    const auto [keys, values] = cache.append(0, none, none);
    return {keys.clone(), values.clone()};
}

at::Tensor there(KvCache& cache) {
    return cache.mark(at::ones({cache.shape().batch, 0}, at::kBool)).clone();
}

TEST(KvRows, every_row_holds_what_the_one_holds) {
    KvCache one = filled();
    KvCache many = spread_rows(one, 3).value();
    EXPECT_EQ(many.shape().batch, 3);
    EXPECT_EQ(many.length(), 2);
    EXPECT_EQ(many.prompt(9), 2);
    for (std::int64_t row = 0; row < 3; ++row) {
        EXPECT_TRUE(held(many).first[row].equal(held(one).first[0]));
        EXPECT_TRUE(held(many).second[row].equal(held(one).second[0]));
        EXPECT_TRUE(many.state(1, 0)[row].equal(one.state(1, 0)[0]));
        EXPECT_TRUE(there(many)[row].equal(there(one)[0]));
    }
}

TEST(KvRows, rows_change_places_with_their_states_and_marks) {
    KvCache one = filled();
    KvCache many = spread_rows(one, 3).value();
    many.append(0, at::randn({3, 2, 1, 3}), at::randn({3, 2, 1, 3}));
    (void)many.mark(at::tensor({1, 0, 1}).to(at::kBool).unsqueeze(1));
    many.state(1, 0).copy_(at::randn({3, 4}));
    many.advance(1);
    const auto [keys, values] = held(many);
    const at::Tensor state = many.state(1, 0).clone();
    const at::Tensor marks = there(many);
    const std::vector<std::int64_t> order{2, 2, 1};
    select_rows(many, order, 2);
    for (std::int64_t row = 0; row < 3; ++row) {
        const std::int64_t from = order[static_cast<std::size_t>(row)];
        EXPECT_TRUE(held(many).first[row].equal(keys[from]));
        EXPECT_TRUE(held(many).second[row].equal(values[from]));
        EXPECT_TRUE(many.state(1, 0)[row].equal(state[from]));
        EXPECT_TRUE(there(many)[row].equal(marks[from]));
    }
    EXPECT_THROW(select_rows(many, std::vector<std::int64_t>{0}, 2), c10::Error);
}

}  // namespace
}  // namespace tandem
