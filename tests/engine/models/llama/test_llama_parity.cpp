// Tiny Llama checkpoints beside what transformers computes of them in f32 (versions in the fixtures' metadata;
// tests/data/make_llama_fixtures.py). Sums of at most 32 products in f32: 1e-4 of the largest logit is far above their
// rounding and far below any swap of tensors, heads or frequencies.
#include "tests/engine/models/model_support.h"

namespace tandem::test {
namespace {

constexpr double relative_tolerance = 1e-4;
const std::string fixtures = TANDEM_SOURCE_DIR "/tests/data/llama/";

struct Expected {
    at::Tensor ids;     // i64 [2, 24]
    at::Tensor logits;  // f32 [2, 24, vocab]
};

Expected expected_of(const std::string& path) {
    const auto file = SafetensorsFile::open(path).value();
    return {tensor_of(*file, "ids"), tensor_of(*file, "logits")};
}

double relative_error(const at::Tensor& found, const at::Tensor& expected) {
    return largest_difference(found, expected) / expected.abs().max().item<double>();
}

at::Tensor forward(const CausalLm& model, const at::Tensor& ids) {
    auto cache = KvCache::create(model.cache_shape(ids.size(0), ids.size(1)), at::kCPU).value();
    return model.forward(ids, cache, LogitsFor::all);
}

// Both rows of ids through one cache, `sizes` tokens at a time.
at::Tensor forward_in_steps(const CausalLm& model, const at::Tensor& ids, const std::vector<std::int64_t>& sizes) {
    auto cache = KvCache::create(model.cache_shape(ids.size(0), ids.size(1)), at::kCPU).value();
    std::vector<at::Tensor> parts;
    for (const at::Tensor& part : ids.split_with_sizes(sizes, 1)) {
        parts.push_back(model.forward(part, cache, LogitsFor::all));
    }
    EXPECT_EQ(cache.length(), ids.size(1));
    return at::cat(parts, 1);
}

class Checkpoint : public testing::TestWithParam<const char*> {
protected:
    void SetUp() override {
        const auto loaded = load(fixtures + GetParam());
        ASSERT_TRUE(loaded.ok()) << loaded.error().to_string();
        model_ = *loaded;
        expected_ = expected_of(fixtures + GetParam() + "/expected.safetensors");
    }

    std::shared_ptr<const CausalLm> model_;
    Expected expected_;
};

TEST_P(Checkpoint, logits_are_those_of_transformers) {
    EXPECT_LT(relative_error(forward(*model_, expected_.ids), expected_.logits), relative_tolerance);
}

TEST_P(Checkpoint, native_weights_give_the_same_logits) {
    const auto native = load(fixtures + GetParam(), Dtype::native);
    ASSERT_TRUE(native.ok()) << native.error().to_string();
    EXPECT_LT(relative_error(forward(**native, expected_.ids), expected_.logits), relative_tolerance);
}

TEST_P(Checkpoint, decoding_step_by_step_equals_the_whole_pass) {
    const at::Tensor& ids = expected_.ids;
    EXPECT_LT(relative_error(forward_in_steps(*model_, ids, std::vector<std::int64_t>(24, 1)), expected_.logits),
              relative_tolerance);
    EXPECT_LT(relative_error(forward_in_steps(*model_, ids, {7, 1, 1, 10, 5}), expected_.logits), relative_tolerance);
}

TEST_P(Checkpoint, a_batch_of_two_equals_each_alone) {
    const at::Tensor both = forward(*model_, expected_.ids);
    for (const std::int64_t row : {0, 1}) {
        EXPECT_LT(relative_error(logits_of(*model_, expected_.ids[row]), both[row]), relative_tolerance);
    }
}

TEST_P(Checkpoint, logits_for_the_last_position_are_the_last_of_all) {
    auto cache = KvCache::create(model_->cache_shape(2, 24), at::kCPU).value();
    const at::Tensor last = model_->forward(expected_.ids, cache, LogitsFor::last);
    EXPECT_EQ(last.sizes(), (std::vector<std::int64_t>{2, 1, expected_.logits.size(2)}));
    EXPECT_LT(relative_error(last.squeeze(1), expected_.logits.select(1, 23)), relative_tolerance);
}

TEST_P(Checkpoint, a_truncated_cache_goes_on_as_if_the_rest_had_never_been) {
    auto cache = KvCache::create(model_->cache_shape(1, 24), at::kCPU).value();
    const at::Tensor first = expected_.ids.narrow(0, 0, 1);
    const at::Tensor second = expected_.ids.narrow(0, 1, 1);
    (void)model_->forward(at::cat({first.narrow(1, 0, 10), second.narrow(1, 10, 10)}, 1), cache, LogitsFor::last);
    cache.truncate(10);
    const at::Tensor rest = model_->forward(first.narrow(1, 10, 14), cache, LogitsFor::all);
    EXPECT_LT(relative_error(rest[0], expected_.logits[0].narrow(0, 10, 14)), relative_tolerance);
}

// bf16 keeps 8 bits of a number, f16 11; over two layers that stays within a few per cent of the largest logit.
TEST_P(Checkpoint, half_precision_stays_near) {
    for (const auto& [dtype, tolerance] : {std::pair(Dtype::bf16, 0.1), std::pair(Dtype::f16, 0.02)}) {
        const auto half = load(fixtures + GetParam(), dtype);
        ASSERT_TRUE(half.ok()) << half.error().to_string();
        EXPECT_LT(relative_error(forward(**half, expected_.ids), expected_.logits), tolerance) << enum_name(dtype);
        EXPECT_LT((*half)->weights_bytes(), model_->weights_bytes() * 6 / 10);
        EXPECT_EQ((*half)->cache_shape(1, 8).bytes() * 2, model_->cache_shape(1, 8).bytes());
    }
}

INSTANTIATE_TEST_SUITE_P(Llama, Checkpoint,
                         testing::Values("multi_head_linear", "grouped_tied_bf16", "multi_query_wide_sharded", "biases",
                                         "rope_llama3"),
                         [](const auto& of) { return std::string(of.param); });

// llama.cpp's layout: rows of query and key interleaved, rotary factors as a tensor, quantised blocks.
class Gguf : public testing::TestWithParam<const char*> {};

TEST_P(Gguf, logits_are_those_of_the_same_weights_in_transformers) {
    const std::string path = fixtures + "gguf/" + GetParam();
    const Expected expected = expected_of(path + ".expected.safetensors");
    for (const Dtype dtype : {Dtype::f32, Dtype::native}) {
        const auto model = load(path + ".gguf", dtype);
        ASSERT_TRUE(model.ok()) << model.error().to_string();
        EXPECT_LT(relative_error(forward(**model, expected.ids), expected.logits), relative_tolerance)
            << enum_name(dtype);
        EXPECT_LT(relative_error(forward_in_steps(**model, expected.ids, {20, 1, 1, 1, 1}), expected.logits),
                  relative_tolerance)
            << enum_name(dtype);
    }
}

INSTANTIATE_TEST_SUITE_P(Llama, Gguf, testing::Values("F32", "F16", "Q8_0"),
                         [](const auto& of) { return std::string(of.param); });

TEST(GgufTypes, int8_at_load_equals_the_file_quantised_by_ggufs_own_tool) {
    const Expected expected = expected_of(fixtures + "gguf/Q8_0.expected.safetensors");
    const auto model = load(fixtures + "gguf/F32.gguf", Dtype::int8);
    ASSERT_TRUE(model.ok()) << model.error().to_string();
    EXPECT_LT(relative_error(forward(**model, expected.ids), expected.logits), relative_tolerance);
    EXPECT_EQ((*model)->weights_bytes(), (*load(fixtures + "gguf/Q8_0.gguf", Dtype::native))->weights_bytes());
}

}  // namespace
}  // namespace tandem::test
