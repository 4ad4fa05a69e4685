// Attention over cached keys against the textbook formula in double.
#include <gtest/gtest.h>

#include <cmath>
#include <utility>

#include "engine/nn/attention.h"

namespace tandem {
namespace {

// softmax(q k^T / sqrt(d)) v, each query seeing keys up to its own position.
at::Tensor by_formula(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& values) {
    const std::int64_t group = queries.size(1) / keys.size(1);
    const std::int64_t tokens = queries.size(2);
    const std::int64_t length = keys.size(2);
    const at::Tensor k = keys.to(at::kDouble).repeat_interleave(group, 1);
    const at::Tensor v = values.to(at::kDouble).repeat_interleave(group, 1);
    at::Tensor scores =
        at::matmul(queries.to(at::kDouble), k.transpose(-1, -2)) / std::sqrt(static_cast<double>(queries.size(3)));
    const at::Tensor hidden = at::ones({tokens, length}, at::kBool).triu(length - tokens + 1);
    scores = scores.masked_fill(hidden, -INFINITY);
    return at::matmul(scores.softmax(-1), v).transpose(1, 2).flatten(2);
}

double error_of(std::int64_t batch, std::int64_t heads, std::int64_t kv_heads, std::int64_t tokens,
                std::int64_t length) {
    at::manual_seed(3);
    const at::Tensor queries = at::randn({batch, tokens, heads, 8}).transpose(1, 2);
    // Wider than what is filled, as a cache is; what lies behind is poison.
    at::Tensor keys = at::full({batch, kv_heads, length + 5, 8}, NAN);
    at::Tensor values = at::full({batch, kv_heads, length + 5, 8}, NAN);
    keys.narrow(2, 0, length).copy_(at::randn({batch, kv_heads, length, 8}));
    values.narrow(2, 0, length).copy_(at::randn({batch, kv_heads, length, 8}));
    keys = keys.narrow(2, 0, length);
    values = values.narrow(2, 0, length);
    const at::Tensor found = attend(queries, keys, values);
    EXPECT_EQ(found.sizes(), (std::vector<std::int64_t>{batch, tokens, heads * 8}));
    return (found.to(at::kDouble) - by_formula(queries, keys, values)).abs().max().item<double>();
}

constexpr double rounding = 2e-6;  // of f32 for values near 1

TEST(Attention, one_token_sees_the_whole_past) {
    EXPECT_LT(error_of(1, 6, 2, 1, 40), rounding);
    EXPECT_LT(error_of(3, 4, 4, 1, 1), rounding);
    EXPECT_LT(error_of(2, 8, 1, 1, 700), rounding);
}

TEST(Attention, a_prompt_is_causal) {
    EXPECT_LT(error_of(1, 6, 2, 37, 37), rounding);
    EXPECT_LT(error_of(2, 4, 4, 130, 130), rounding);
    EXPECT_LT(error_of(2, 4, 1, 2, 2), rounding);
}

TEST(Attention, a_prompt_behind_a_past_sees_past_and_itself) {
    EXPECT_LT(error_of(1, 6, 2, 5, 12), rounding);
    EXPECT_LT(error_of(2, 4, 1, 2, 50), rounding);
    EXPECT_LT(error_of(1, 2, 1, 600, 610), rounding);  // several stretches of masked queries
}

at::Tensor random_heads(std::int64_t batch, std::int64_t heads, std::int64_t tokens) {
    return at::randn({batch, heads, tokens, 8});
}

TEST(Attention, a_bias_by_distance_is_that_bias_at_every_pair) {
    at::manual_seed(4);
    constexpr std::int64_t span = 320;
    const at::Tensor table = at::randn({4, 2 * span - 1});
    for (const bool causal : {false, true}) {
        for (const auto& [tokens, length] : {std::pair{std::int64_t{1}, std::int64_t{9}}, {9, 9}, {3, 9}, {300, 310}}) {
            const at::Tensor keys = random_heads(2, 4, length);
            const at::Tensor values = random_heads(2, 4, length);
            const at::Tensor queries = random_heads(2, 4, tokens);
            const at::Tensor own = at::arange(length - tokens, length).unsqueeze(1);
            const at::Tensor index = (at::arange(length).unsqueeze(0) - own + (span - 1)).flatten();
            const at::Tensor bias = table.index_select(1, index).view({4, tokens, length});
            const at::Tensor found = attend(queries, keys, values, {.causal = causal, .bias_by_distance = table});
            const at::Tensor expected = attend(queries, keys, values, {.causal = causal, .bias = bias});
            EXPECT_LT((found - expected).abs().max().item<double>(), rounding) << tokens << " of " << length;
        }
    }
}

// The window said as a bias of minus infinity at every pair, which nothing is left out of.
TEST(Attention, keys_outside_every_window_are_left_out_and_the_rest_is_as_before) {
    at::manual_seed(5);
    constexpr std::int64_t tokens = 600;
    constexpr std::int64_t past = 100;
    for (const bool causal : {true, false}) {
        const std::int64_t length = causal ? tokens + past : tokens;
        const at::Tensor queries = random_heads(2, 4, tokens);
        const at::Tensor keys = random_heads(2, 2, length);
        const at::Tensor values = random_heads(2, 2, length);
        const at::Tensor distance =
            at::arange(length).unsqueeze(0) - at::arange(length - tokens, length).unsqueeze(1);  // key minus query
        for (const std::int64_t window : {1, 7, 300}) {
            const at::Tensor hidden = causal ? distance <= -window : distance.abs() > window;
            const at::Tensor bias = at::zeros({1, tokens, length}).masked_fill(hidden.unsqueeze(0), -INFINITY);
            AttentionOptions options{.causal = causal, .window = window};
            for (const std::int64_t padding : {0, 60}) {
                if (causal && padding > 0) {
                    options.starts = at::tensor({std::int64_t{0}, padding}, at::kLong);
                }
                AttentionOptions biased = options;
                biased.window = 0;
                biased.bias = bias;
                const at::Tensor difference =
                    attend(queries, keys, values, options) - attend(queries, keys, values, biased);
                EXPECT_LT(difference.abs().max().item<double>(), rounding) << causal << ' ' << window << ' ' << padding;
            }
        }
    }
}

TEST(Attention, a_window_to_both_sides_hides_what_is_farther_away_and_padding_stays_finite) {
    at::manual_seed(5);
    const at::Tensor keys = random_heads(2, 2, 12);
    const at::Tensor values = random_heads(2, 2, 12);
    const at::Tensor queries = random_heads(2, 2, 12);
    at::Tensor there = at::ones({2, 12}, at::kBool);
    there[1].narrow(0, 6, 6).fill_(false);
    const at::Tensor found = attend(queries, keys, values, {.causal = false, .window = 2, .key_mask = there});
    EXPECT_TRUE(found.isfinite().all().item<bool>());
    const at::Tensor distances = (at::arange(12).unsqueeze(0) - at::arange(12).unsqueeze(1)).abs();
    const at::Tensor bias = at::zeros({1, 12, 12}).masked_fill(distances > 2, -INFINITY);
    const at::Tensor expected = attend(queries, keys, values, {.causal = false, .bias = bias});
    EXPECT_LT((found[0] - expected[0]).abs().max().item<double>(), rounding);
    EXPECT_LT((found[1][2] - expected[1][2]).abs().max().item<double>(), rounding);  // sees no padding
    EXPECT_GT((found[1][5] - expected[1][5]).abs().max().item<double>(), rounding);  // would see it
    // Padding sees what is there within its window, and itself only where there is nothing.
    const at::Tensor sixth = attend(queries.narrow(0, 1, 1), keys.narrow(0, 1, 1).narrow(2, 4, 2),
                                    values.narrow(0, 1, 1).narrow(2, 4, 2), {.causal = false});
    EXPECT_LT((found[1][6] - sixth[0][6]).abs().max().item<double>(), rounding);
    EXPECT_LT((found[1][11] - values[1].select(1, 11).flatten()).abs().max().item<double>(), rounding);
}

}  // namespace
}  // namespace tandem
