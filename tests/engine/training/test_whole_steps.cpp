// Whole steps (two batches each, clipping, AdamW, cosine after one step of warming up) of a tiny Llama-like model and a
// tiny T5 against torch and transformers: losses, norms and weights after one and three steps that move, within 1e-5.
#include <ATen/ATen.h>

#include "engine/training/adamw.h"
#include "engine/training/trainer.h"
#include "tests/engine/training/training_support.h"

namespace tandem::test {
namespace {

// The batches of the fixture, in its order: example i is row i.
class FixtureStep : public TrainStep {
public:
    FixtureStep(const TrainableModel& model, const WeightFile& file) : model_(model), file_(file) {}

    const std::vector<Parameter>& parameters() const override { return model_.parameters; }
    std::span<const std::int64_t> lengths() const override { return lengths_; }
    std::int64_t labels(const Batch&) const override {
        return (labels_of(asked_++) != -100).sum().item<std::int64_t>();
    }
    at::Tensor loss_sum(const Batch&, CounterRandom&) override {
        const std::int64_t at = given_++;
        return cross_entropy_sum(logits_of_batch(*model_.model, file_, prefix(at)), labels_of(at));
    }

private:
    static std::string prefix(std::int64_t at) { return std::to_string(at / 2) + "." + std::to_string(at % 2) + "."; }
    at::Tensor labels_of(std::int64_t at) const { return tensor_of(file_, prefix(at) + "labels"); }

    const TrainableModel& model_;
    const WeightFile& file_;
    std::vector<std::int64_t> lengths_ = std::vector<std::int64_t>(8, 1);
    mutable std::int64_t asked_ = 0;
    std::int64_t given_ = 0;
};

class WholeSteps : public testing::TestWithParam<std::string> {};

TEST_P(WholeSteps, are_those_of_the_reference) {
    const auto model = trainable(GetParam());
    ASSERT_TRUE(model.ok()) << model.error().to_string();
    const auto file = SafetensorsFile::open(fixtures / "training/steps" / (GetParam() + ".safetensors")).value();
    FixtureStep step(*model, *file);
    const TrainingOptions options{
        .optimiser = {.learning_rate = 1e-2, .weight_decay = 0.1, .beta2 = 0.99, .epsilon = 1e-6, .warmup_steps = 1},
        .steps = 4,
        .batch_tokens = 1,
        .accumulation = 2};
    std::int64_t seen = 0;
    TrainingHooks hooks;
    hooks.progress = [&](const TrainingProgress& progress) {
        const std::string at = std::to_string(progress.step - 1);
        EXPECT_NEAR(progress.loss, tensor_of(*file, at + ".loss").item<double>(), 1e-5);
        // Of weights that are 1e-6 apart.
        const double norm = tensor_of(*file, at + ".norm").item<double>();
        EXPECT_NEAR(progress.gradient_norm, norm, 1e-4 * norm);
        for (const auto& [parameter, spec, expected] : paired(*model, *file, at + ".weight.")) {
            const at::Tensor found = stored_in_folder(*spec, parameter.value);
            EXPECT_LT(largest_difference(found, tensor_of(*file, expected->name)), 1e-5) << expected->name;
            ++seen;
        }
    };
    const auto outcome = Trainer(step, options, {}, hooks).run({});
    ASSERT_TRUE(outcome.ok()) << outcome.error().to_string();
    EXPECT_EQ(outcome->steps, 4);
    EXPECT_GE(seen, 2 * static_cast<std::int64_t>(model->parameters.size()) - 2);
}

INSTANTIATE_TEST_SUITE_P(Reference, WholeSteps, testing::ValuesIn(names_in("steps")),
                         [](const auto& named) { return named.param; });

}  // namespace
}  // namespace tandem::test
