// Layers that are computed again for their gradients: the loss and every gradient are those of the model itself.
#include "engine/models/recomputing.h"

#include <ATen/ATen.h>

#include "tests/engine/training/training_support.h"

namespace tandem::test {
namespace {

std::shared_ptr<const CausalLm> decoder_of(const TrainableModel& model) {
    return std::dynamic_pointer_cast<const CausalLm>(model.model);
}

at::Tensor some_batch() {
    return at::tensor({3, 9, 4, 12, 7, 5, 11, 8, 6, 10, 4, 3, 13, 5}, at::kLong).view({2, 7});
}

class Recomputed : public testing::TestWithParam<std::string> {
protected:
    // The loss; gradients are in the parameters.
    static double loss_of(const CausalLm& model, const at::Tensor& padding) {
        const at::Tensor loss =
            cross_entropy_sum(training_logits(model, some_batch(), padding), some_batch().roll(1, 1));
        loss.backward();
        return loss.item<double>();
    }

    static void expect_equal(const TrainableOptions& options, const at::Tensor& padding) {
        const auto plain = trainable(GetParam(), options, 4);
        const auto again = trainable(GetParam(), options, 4);
        ASSERT_TRUE(plain.ok()) << plain.error().to_string();
        EXPECT_EQ(loss_of(*decoder_of(*plain), padding), loss_of(*recomputing(decoder_of(*again)), padding));
        std::size_t reached = 0;
        for (std::size_t index = 0; index < plain->parameters.size(); ++index) {
            const at::Tensor expected = plain->parameters[index].value.grad();
            const at::Tensor found = again->parameters[index].value.grad();
            ASSERT_EQ(expected.defined(), found.defined()) << plain->parameters[index].name;
            if (expected.defined()) {
                const double scale = std::max(1.0, expected.abs().max().item<double>());
                EXPECT_LE(largest_difference(found, expected), 1e-6 * scale) << plain->parameters[index].name;
                ++reached;
            }
        }
        EXPECT_GT(reached, 3U);
    }
};

TEST_P(Recomputed, layers_give_the_same_loss_and_gradients) {
    expect_equal({}, {});
}

TEST_P(Recomputed, layers_of_padded_rows_do_too) {
    expect_equal({}, at::tensor({0, 2}, at::kLong));
}

TEST_P(Recomputed, layers_give_low_rank_pairs_theirs_behind_a_frozen_embedding) {
    expect_equal({.trained = TrainedWeights::low_rank, .low_rank = {.rank = 2}}, {});
}

INSTANTIATE_TEST_SUITE_P(Families, Recomputed,
                         testing::Values("mistral_full", "gpt2_tied", "gemma2_caps_windows", "bloom_published",
                                         "qwen2_grouped", "neox_parallel", "mobillama_once", "phi3_window", "opt_plain",
                                         "smollm3_typed_windows"),
                         [](const auto& named) { return named.param; });

TEST(Recomputing, passes_without_autograd_are_the_models_own) {
    const auto model = trainable("mistral_full");
    const at::Tensor ids = at::arange(3, 9, at::kLong);
    EXPECT_TRUE(logits_of(*recomputing(decoder_of(*model)), ids).equal(logits_of(*decoder_of(*model), ids)));
}

}  // namespace
}  // namespace tandem::test
