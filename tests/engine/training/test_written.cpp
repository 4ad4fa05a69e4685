// Of every tiny checkpoint (tests/data/models): one step changes the model, and what is written then loads as what was
// trained. A family that kept a copy of a tensor, or a tensor that was written turned or moved, would show.
#include <ATen/ATen.h>

#include <algorithm>
#include <fstream>

#include "engine/models/encoder_decoder_lm.h"
#include "engine/models/registry.h"
#include "engine/training/adamw.h"
#include "engine/training/write_trained.h"
#include "tests/engine/training/training_support.h"

namespace tandem::test {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> language_models() {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(fixtures / "models")) {
        const auto expected = SafetensorsFile::open(entry.path() / "expected.safetensors");
        const std::string name = entry.path().filename();
        const bool is_language = expected.ok() && (*expected)->find("logits") != nullptr;
        if (is_language && !name.starts_with("recurrent_gemma") && fs::exists(entry.path() / "config.json")) {
            names.push_back(name);
        }
    }
    std::ranges::sort(names);
    return names;
}

at::Tensor some_ids(const Model& model, std::int64_t tokens, std::int64_t first) {
    return (at::arange(tokens, at::kLong) * 7 + first)
        .remainder(std::min<std::int64_t>(model.shape().vocab - 5, 12))
        .add(5)
        .unsqueeze(0);
}

at::Tensor logits_of_model(const Model& model) {
    if (const auto* decoder = dynamic_cast<const CausalLm*>(&model)) {
        return training_logits(*decoder, some_ids(model, 11, 3));
    }
    return training_logits(dynamic_cast<const EncoderDecoderLm&>(model), some_ids(model, 9, 4), {},
                           some_ids(model, 6, 1));
}

void take_a_step(const TrainableModel& model) {
    const at::Tensor logits = logits_of_model(*model.model);
    cross_entropy_sum(logits, some_ids(*model.model, logits.size(1), 2)).backward();
    AdamW(model.parameters, {}).step(0.02);
}

class Written : public testing::TestWithParam<std::string> {
protected:
    void SetUp() override {
        place_ = fs::path(testing::TempDir()) / ("written_" + GetParam());
        fs::remove_all(place_);
    }
    void TearDown() override { fs::remove_all(place_); }

    fs::path base() const { return fixtures / "models" / GetParam(); }
    static double apart(const at::Tensor& a, const at::Tensor& b) {
        return largest_difference(a.detach(), b.detach()) / b.abs().max().item<double>();
    }

    fs::path place_;
};

TEST_P(Written, a_trained_model_loads_as_what_was_trained) {
    const auto model = trainable(GetParam());
    ASSERT_TRUE(model.ok()) << model.error().to_string();
    const at::Tensor before = logits_of_model(*model->model);
    take_a_step(*model);
    const at::Tensor after = logits_of_model(*model->model);
    EXPECT_GT(apart(after, before), 1e-3);
    const auto written = write_trained_folder(*model, base(), place_);
    ASSERT_TRUE(written.ok()) << written.error().to_string();
    const auto again =
        load_model({.name = "again", .location = place_.string()}, {.dtype = Dtype::f32}, at::kCPU, 0, {}, {});
    ASSERT_TRUE(again.ok()) << again.error().to_string();
    EXPECT_LT(apart(logits_of_model(**again), after), 1e-5);
}

TEST_P(Written, a_trained_adapter_loads_as_what_was_trained) {
    const auto model = trainable(GetParam(), {.trained = TrainedWeights::low_rank, .low_rank = {.rank = 2}}, 5);
    ASSERT_TRUE(model.ok()) << model.error().to_string();
    const at::Tensor before = logits_of_model(*model->model);
    take_a_step(*model);
    take_a_step(*model);
    const at::Tensor after = logits_of_model(*model->model);
    EXPECT_GT(apart(after, before), 1e-5);
    const auto written = write_adapter_folder(*model, GetParam(), place_);
    ASSERT_TRUE(written.ok()) << written.error().to_string();
    const auto again = load_model({.name = "again", .location = base().string(), .adapter = place_.string()},
                                  {.dtype = Dtype::f32}, at::kCPU, 0, {}, {});
    ASSERT_TRUE(again.ok()) << again.error().to_string();
    EXPECT_LT(apart(logits_of_model(**again), after), 1e-5);
}

INSTANTIATE_TEST_SUITE_P(Families, Written, testing::ValuesIn(language_models()),
                         [](const auto& named) { return named.param; });

}  // namespace
}  // namespace tandem::test
