// The loss and the gradient of every parameter of tiny checkpoints against torch and transformers
// (tests/data/make_training_fixtures.py), in f32: within 1e-5, of the largest gradient of the parameter where that is
// above 1.
#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <algorithm>

#include "tests/engine/training/training_support.h"

namespace tandem::test {
namespace {

constexpr double tolerance = 1e-5;

class Gradients : public testing::TestWithParam<std::string> {};

TEST_P(Gradients, are_those_of_the_reference) {
    const auto model = trainable(GetParam());
    ASSERT_TRUE(model.ok()) << model.error().to_string();
    const auto file = SafetensorsFile::open(fixtures / "training/gradients" / (GetParam() + ".safetensors")).value();
    const at::Tensor labels = tensor_of(*file, "labels");
    const at::Tensor loss = cross_entropy_sum(logits_of_batch(*model->model, *file, ""), labels) /
                            (labels != -100).sum().item<std::int64_t>();
    EXPECT_NEAR(loss.item<double>(), tensor_of(*file, "loss").item<double>(), tolerance);
    loss.backward();
    std::set<std::string> checked;
    for (const auto& [parameter, spec, expected] : paired(*model, *file, "gradient.")) {
        ASSERT_TRUE(parameter.value.grad().defined()) << parameter.name;
        TensorSpec unmoved = *spec;
        unmoved.hugging_face.added = 0;
        const at::Tensor found = stored_in_folder(unmoved, parameter.value.grad());
        const at::Tensor wanted = tensor_of(*file, expected->name);
        const double scale = std::max(1.0, wanted.abs().max().item<double>());
        EXPECT_LT(largest_difference(found, wanted), tolerance * scale) << parameter.name;
        checked.insert(parameter.name);
    }
    EXPECT_GT(checked.size(), 10U);
    for (const Parameter& parameter : model->parameters) {
        const at::Tensor gradient = parameter.value.grad();
        const bool reached = gradient.defined() && gradient.abs().max().item<double>() > 0;
        EXPECT_TRUE(checked.contains(parameter.name) || !reached) << parameter.name;
    }
}

INSTANTIATE_TEST_SUITE_P(Reference, Gradients, testing::ValuesIn(names_in("gradients")),
                         [](const auto& named) { return named.param; });

TEST(Trainable, inference_records_nothing_outside_a_training_pass) {
    const auto model = trainable("mistral_full");
    const auto decoder = std::dynamic_pointer_cast<const CausalLm>(model->model);
    const at::Tensor ids = at::arange(3, 9, at::kLong);
    EXPECT_FALSE(logits_of(*decoder, ids).requires_grad());
    const at::Tensor recorded = training_logits(*decoder, ids.unsqueeze(0));
    EXPECT_TRUE(recorded.requires_grad());
    EXPECT_LT(largest_difference(recorded.squeeze(0).detach(), logits_of(*decoder, ids)), 1e-5);
}

TEST(Trainable, low_rank_begins_as_the_model_itself_and_trains_only_its_pairs) {
    const auto plain = trainable("mistral_full");
    const auto model = trainable(
        "mistral_full",
        {.trained = TrainedWeights::low_rank, .low_rank = {.rank = 2, .alpha = 8, .targets = {"q_proj", "down_proj"}}});
    ASSERT_TRUE(model.ok()) << model.error().to_string();
    const auto decoder = std::dynamic_pointer_cast<const CausalLm>(model->model);
    const at::Tensor ids = at::arange(3, 13, at::kLong).unsqueeze(0);
    const at::Tensor logits = training_logits(*decoder, ids);
    const at::Tensor before = training_logits(dynamic_cast<const CausalLm&>(*plain->model), ids);
    EXPECT_LT(largest_difference(logits.detach(), before.detach()), 1e-5);  // torch sums in another order
    cross_entropy_sum(logits, ids).backward();
    EXPECT_EQ(model->parameters.size(), 4 * static_cast<std::size_t>(decoder->shape().layers));
    for (const Parameter& parameter : model->parameters) {
        // B is zero, so that A has no slope yet.
        const double slope = parameter.value.grad().abs().max().item<double>();
        EXPECT_EQ(slope > 0, parameter.name.ends_with("lora_B")) << parameter.name;
    }
}

TEST(Trainable, low_rank_gradients_are_those_of_the_product) {
    const auto model = trainable("mistral_full", {.trained = TrainedWeights::low_rank, .low_rank = {.rank = 2}}, 3);
    for (const Parameter& parameter : model->parameters) {
        const c10::NoGradGuard no_autograd;
        parameter.value.detach().add_(0.01);
    }
    const auto full = trainable("mistral_full");
    std::map<std::string, at::Tensor> of_full;
    for (const Parameter& parameter : full->parameters) {
        of_full[parameter.name] = parameter.value;
    }
    {
        const c10::NoGradGuard no_autograd;
        for (std::size_t index = 0; index < model->parameters.size(); index += 2) {
            const Parameter& a = model->parameters[index];
            const Parameter& b = model->parameters[index + 1];
            const std::string module = a.name.substr(0, a.name.rfind('.'));
            of_full.at(module + ".weight").detach().addmm_(b.value, a.value, 1, 16.0 / 2);
        }
    }
    const at::Tensor ids = at::arange(3, 13, at::kLong).unsqueeze(0);
    cross_entropy_sum(training_logits(dynamic_cast<const CausalLm&>(*model->model), ids), ids).backward();
    cross_entropy_sum(training_logits(dynamic_cast<const CausalLm&>(*full->model), ids), ids).backward();
    for (std::size_t index = 0; index < model->parameters.size(); index += 2) {
        const Parameter& a = model->parameters[index];
        const Parameter& b = model->parameters[index + 1];
        const at::Tensor slope = of_full.at(a.name.substr(0, a.name.rfind('.')) + ".weight").grad();
        const at::Tensor of_a = at::matmul(b.value.detach().t(), slope) * 8;
        const at::Tensor of_b = at::matmul(slope, a.value.detach().t()) * 8;
        EXPECT_LT(largest_difference(a.value.grad(), of_a), 1e-4 * std::max(1.0, of_a.abs().max().item<double>()));
        EXPECT_LT(largest_difference(b.value.grad(), of_b), 1e-4 * std::max(1.0, of_b.abs().max().item<double>()));
    }
}

TEST(Trainable, frozen_weights_have_no_gradients) {
    const auto model = trainable("mistral_full", {.trained = TrainedWeights::none});
    ASSERT_TRUE(model.ok());
    EXPECT_TRUE(model->parameters.empty());
    EXPECT_FALSE(
        training_logits(dynamic_cast<const CausalLm&>(*model->model), at::ones({1, 4}, at::kLong)).requires_grad());
}

TEST(Trainable, what_cannot_be_trained_is_refused) {
    EXPECT_EQ(trainable("recurrent_gemma_wide").error().code, "TRAIN_UNSUPPORTED");
    EXPECT_EQ(trainable("mistral_full", {.dtype = Dtype::int8}).error().code, "DTYPE_UNAVAILABLE");
    EXPECT_EQ(trainable("mistral_full", {.trained = TrainedWeights::low_rank, .low_rank = {.targets = {"nothing"}}})
                  .error()
                  .code,
              "TRAIN_UNSUPPORTED");
}

}  // namespace
}  // namespace tandem::test
