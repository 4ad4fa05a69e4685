// Real models beside their references, as transformers computes them in f32 from the same files (versions in the
// fixtures' metadata; tests/data/make_smollm2_fixtures.py, make_gemma3_fixtures.py, make_text_fixtures.py). Both sides
// multiply with the same dequantised numbers, so only the order of sums differs; 1e-3 is some 20 times what that makes
// of logits near 20.
#include <ATen/Parallel.h>

#include <cmath>
#include <cstdlib>
#include <iostream>

#include "tests/engine/models/model_support.h"

namespace tandem::test {
namespace {

constexpr double tolerance = 1e-3;
constexpr double perplexity_tolerance = 1e-3;  // relative

struct RealModel {
    const char* name;
    const char* variable;  // names the model's file
    const char* fixtures;
    Dtype dtype;
    bool must_run;  // ./dev test always fetches it
};

void PrintTo(const RealModel& model, std::ostream* out) {
    *out << model.name << " as " << enum_name(model.dtype);
}

class Real : public testing::TestWithParam<RealModel> {
protected:
    void SetUp() override {
        const char* path = std::getenv(GetParam().variable);
        if (path == nullptr && !GetParam().must_run) {
            GTEST_SKIP() << GetParam().variable << " does not name the file";
        }
        ASSERT_NE(path, nullptr) << GetParam().variable << " is not set; ./dev test fetches the model and sets it";
        const std::string folder = std::string(TANDEM_SOURCE_DIR "/tests/data/") + GetParam().fixtures;
        expected_ = SafetensorsFile::open(folder + "/expected.safetensors").value();
        text_ = SafetensorsFile::open(folder + "/text.safetensors").value();
        ASSERT_EQ(std::to_string(std::filesystem::file_size(path)), expected_->metadata().at("model_bytes"))
            << path << " is not " << expected_->metadata().at("model");
        auto model = load(path, GetParam().dtype);
        ASSERT_TRUE(model.ok()) << model.error().to_string();
        model_ = *model;
        prompts_ = tensor_of(*expected_, "prompt_ids").split_with_sizes(lengths());
        greedy_ = tensor_of(*expected_, "greedy_ids");
    }

    std::vector<std::int64_t> lengths() const {
        const at::Tensor lengths = tensor_of(*expected_, "prompt_lengths");
        return {lengths.const_data_ptr<std::int64_t>(), lengths.const_data_ptr<std::int64_t>() + lengths.numel()};
    }

    void TearDown() override { at::set_num_threads(threads_); }

    int threads_ = at::get_num_threads();
    std::shared_ptr<const SafetensorsFile> expected_;
    std::shared_ptr<const SafetensorsFile> text_;
    std::shared_ptr<const CausalLm> model_;
    std::vector<at::Tensor> prompts_;  // i64 [tokens] each
    at::Tensor greedy_;                // i64 [prompts, 64]
};

TEST_P(Real, logits_of_20_prompts_are_those_of_transformers) {
    const at::Tensor logits = tensor_of(*expected_, "logits");
    const at::Tensor positions = tensor_of(*expected_, "positions");
    const at::Tensor vocab_ids = tensor_of(*expected_, "vocab_ids");
    const auto log_sum_exp = tensor_of(*expected_, "log_sum_exp").split_with_sizes(lengths());
    const auto arg_max = tensor_of(*expected_, "arg_max").split_with_sizes(lengths());
    ASSERT_EQ(prompts_.size(), 20U);
    double worst_logit = 0;
    double worst_sum = 0;
    for (std::size_t i = 0; i < prompts_.size(); ++i) {
        const at::Tensor found = logits_of(*model_, prompts_[i]);
        const auto row = static_cast<std::int64_t>(i);
        const at::Tensor sampled = found.index_select(0, positions[row]).index_select(1, vocab_ids);
        worst_logit = std::max(worst_logit, largest_difference(sampled, logits[row]));
        worst_sum = std::max(worst_sum, largest_difference(found.to(at::kDouble).logsumexp(-1), log_sum_exp[i]));
        EXPECT_TRUE(found.argmax(-1).equal(arg_max[i])) << "prompt " << i;
    }
    std::cout << "largest absolute error: logits " << worst_logit << ", log-sum-exp " << worst_sum << '\n';
    RecordProperty("largest_logit_error", std::to_string(worst_logit));
    EXPECT_LT(worst_logit, tolerance);
    EXPECT_LT(worst_sum, tolerance);
}

// Feeding the reference's own continuation and finding each of its tokens again as the best one is greedy decoding by
// induction, at the price of one pass.
TEST_P(Real, every_greedy_token_of_20_prompts_is_that_of_transformers) {
    for (std::size_t i = 0; i < prompts_.size(); ++i) {
        const at::Tensor continuation = greedy_[static_cast<std::int64_t>(i)];
        const at::Tensor fed = at::cat({prompts_[i], continuation.narrow(0, 0, continuation.size(0) - 1)});
        const at::Tensor best = logits_of(*model_, fed).argmax(-1);
        EXPECT_TRUE(best.narrow(0, prompts_[i].size(0) - 1, continuation.size(0)).equal(continuation))
            << "prompt " << i;
    }
}

// On one thread: a step is short, and on a busy machine threads wait for each other longer than they compute.
TEST_P(Real, decoding_token_by_token_gives_the_same_64_tokens) {
    at::set_num_threads(1);
    for (const std::int64_t i : {0, 2, 17}) {
        const at::Tensor& prompt = prompts_[static_cast<std::size_t>(i)];
        auto cache = KvCache::create(model_->cache_shape(1, prompt.size(0) + 64), at::kCPU).value();
        at::Tensor step = prompt.unsqueeze(0);
        std::vector<at::Tensor> chosen;
        while (chosen.size() < 64) {
            step = model_->forward(step, cache, LogitsFor::last).argmax(-1);
            chosen.push_back(step.view({-1}));
        }
        EXPECT_TRUE(at::cat(chosen).equal(greedy_[i])) << "prompt " << i;
    }
}

// In pieces, which bounds the logits of a large vocabulary.
TEST_P(Real, prose_is_as_perplexing_as_to_transformers) {
    const at::Tensor windows = tensor_of(*text_, "ids");
    const double expected = tensor_of(*text_, "nll").sum().item<double>();
    double found = 0;
    for (const at::Tensor& window : windows.split(1)) {
        auto cache = KvCache::create(model_->cache_shape(1, window.size(1)), at::kCPU).value();
        for (std::int64_t first = 0; first < window.size(1); first += 128) {
            const at::Tensor logits = model_->forward(window.narrow(1, first, 128), cache, LogitsFor::all)[0];
            const std::int64_t scored = std::min<std::int64_t>(128, window.size(1) - first - 1);
            const at::Tensor next = window[0].narrow(0, first + 1, scored).unsqueeze(1);
            found -= logits.narrow(0, 0, scored).log_softmax(-1).gather(1, next).sum(at::kDouble).item<double>();
        }
    }
    const double tokens = static_cast<double>(windows.size(0) * (windows.size(1) - 1));
    std::cout << "perplexity " << std::exp(found / tokens) << ", the reference's " << std::exp(expected / tokens)
              << '\n';
    EXPECT_LT(std::abs(std::exp((found - expected) / tokens) - 1), perplexity_tolerance);
}

const RealModel models[]{
    {"SmolLM2_native", "TANDEM_TEST_MODEL", "smollm2", Dtype::native, true},
    {"SmolLM2_f32", "TANDEM_TEST_MODEL", "smollm2", Dtype::f32, true},
    {"Gemma3_native", "TANDEM_TEST_GEMMA", "gemma3", Dtype::native, false},
};
INSTANTIATE_TEST_SUITE_P(Parity, Real, testing::ValuesIn(models), [](const auto& of) { return of.param.name; });

}  // namespace
}  // namespace tandem::test
