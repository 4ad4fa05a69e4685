// The loss and its gradient against libtorch's own.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "engine/training/train_step.h"
#include "tests/engine/models/model_support.h"

namespace tandem::test {
namespace {

TEST(CrossEntropy, is_the_sum_that_libtorch_computes_with_its_gradient) {
    at::manual_seed(3);
    const at::Tensor given = at::randn({2, 5, 17}) * 4;
    at::Tensor labels = at::randint(0, 17, {2, 5}, at::kLong);
    labels[0][2] = -100;
    labels[1].narrow(0, 3, 2).fill_(-100);
    at::Tensor own = given.clone().requires_grad_(true);
    at::Tensor reference = given.clone().requires_grad_(true);
    const at::Tensor loss = cross_entropy_sum(own, labels);
    const at::Tensor expected =
        at::cross_entropy_loss(reference.flatten(0, 1), labels.flatten(), {}, at::Reduction::Sum, -100);
    EXPECT_NEAR(loss.item<double>(), expected.item<double>(), 1e-5);
    (loss / 7).backward();
    (expected / 7).backward();
    EXPECT_LT(largest_difference(own.grad(), reference.grad()), 1e-6);
    EXPECT_TRUE(own.detach().equal(given)) << "logits stay as they are";
}

TEST(CrossEntropy, of_no_labels_is_zero_and_teaches_nothing) {
    at::Tensor logits = at::randn({1, 3, 5}).requires_grad_(true);
    const at::Tensor loss = cross_entropy_sum(logits, at::full({1, 3}, -100, at::kLong));
    EXPECT_EQ(loss.item<double>(), 0);
    loss.backward();
    EXPECT_EQ(logits.grad().abs().max().item<double>(), 0);
}

TEST(CrossEntropy, records_nothing_where_nothing_is_trained) {
    const at::Tensor logits = at::randn({1, 3, 5});
    EXPECT_FALSE(cross_entropy_sum(logits, at::ones({1, 3}, at::kLong)).requires_grad());
}

}  // namespace
}  // namespace tandem::test
