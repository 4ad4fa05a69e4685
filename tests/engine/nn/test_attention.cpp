// Attention over cached keys against the textbook formula in double.
#include <gtest/gtest.h>

#include <cmath>

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

}  // namespace
}  // namespace tandem
