// LoRA adapters of tests/data/adapters (tests/data/make_adapter_fixtures.py) over tiny checkpoints, against what PEFT
// 0.21 computes: merged into the weights and added at run time, and over quantised weights.
#include <fstream>

#include "engine/models/adapter.h"
#include "engine/models/fill_matrix.h"
#include "engine/models/inspect.h"
#include "engine/models/inspect_parts.h"
#include "tests/engine/models/model_support.h"

namespace tandem::test {
namespace {

namespace fs = std::filesystem;

constexpr double relative_tolerance = 1e-4;  // sums of at most a hundred products in f32
const fs::path adapters = TANDEM_SOURCE_DIR "/tests/data/adapters";
const fs::path models = TANDEM_SOURCE_DIR "/tests/data/models";

struct Expected {
    std::string base;
    at::Tensor ids;     // i64 [2, 12]
    at::Tensor logits;  // f32 [2, 12, vocab]
};

Expected expected_of(const std::string& name) {
    const auto file = SafetensorsFile::open(adapters / name / "expected.safetensors").value();
    return {(models / file->metadata().at("base")).string(), tensor_of(*file, "ids"), tensor_of(*file, "logits")};
}

Result<std::shared_ptr<const CausalLm>> load_adapted(const std::string& base, const fs::path& adapter, AdapterMode mode,
                                                     Dtype dtype = Dtype::f32) {
    return load_causal_lm({.name = "test", .location = base, .adapter = adapter.string()},
                          {.dtype = dtype, .adapter_mode = mode}, at::kCPU, 0, {}, {});
}

at::Tensor both_rows(const CausalLm& model, const at::Tensor& ids) {
    return at::stack({logits_of(model, ids[0]), logits_of(model, ids[1])});
}

double relative_error(const at::Tensor& found, const at::Tensor& expected) {
    return largest_difference(found, expected) / expected.abs().max().item<double>();
}

std::vector<std::string> case_names() {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(adapters)) {
        names.push_back(entry.path().filename());
    }
    std::ranges::sort(names);
    return names;
}

class Adapted : public testing::TestWithParam<std::string> {
protected:
    bool decomposed() const { return GetParam().ends_with("dora"); }
};

TEST_P(Adapted, merged_gives_the_logits_of_the_reference) {
    const Expected expected = expected_of(GetParam());
    for (const Dtype dtype : {Dtype::f32, Dtype::native}) {
        const auto model = load_adapted(expected.base, adapters / GetParam(), AdapterMode::merge, dtype);
        ASSERT_TRUE(model.ok()) << model.error().to_string();
        EXPECT_LT(relative_error(both_rows(**model, expected.ids), expected.logits), relative_tolerance);
    }
}

TEST_P(Adapted, at_run_time_gives_the_logits_of_the_reference) {
    const Expected expected = expected_of(GetParam());
    const auto model = load_adapted(expected.base, adapters / GetParam(), AdapterMode::runtime);
    if (decomposed()) {
        ASSERT_FALSE(model.ok());
        EXPECT_EQ(model.error().code, "ADAPTER_UNSUPPORTED");
        return;
    }
    ASSERT_TRUE(model.ok()) << model.error().to_string();
    EXPECT_LT(relative_error(both_rows(**model, expected.ids), expected.logits), relative_tolerance);
}

TEST_P(Adapted, over_a_gguf_gives_the_logits_of_the_reference) {
    const Expected expected = expected_of(GetParam());
    const std::string base = expected.base + "/model.gguf";
    if (!fs::exists(base)) {
        GTEST_SKIP() << "the base has no GGUF";
    }
    for (const AdapterMode mode : {AdapterMode::merge, AdapterMode::runtime}) {
        if (decomposed() && mode == AdapterMode::runtime) {
            continue;
        }
        const auto model = load_adapted(base, adapters / GetParam(), mode, Dtype::native);
        if (model.ok()) {
            EXPECT_LT(relative_error(both_rows(**model, expected.ids), expected.logits), relative_tolerance);
        } else {  // llama.cpp's converter took a fused matrix apart
            EXPECT_EQ(model.error().code, "ADAPTER_UNSUPPORTED") << model.error().to_string();
        }
    }
}

TEST_P(Adapted, is_not_the_base) {
    const Expected expected = expected_of(GetParam());
    const auto base = load(expected.base);
    ASSERT_TRUE(base.ok()) << base.error().to_string();
    EXPECT_GT(relative_error(both_rows(**base, expected.ids), expected.logits), 0.01);
}

INSTANTIATE_TEST_SUITE_P(Adapter, Adapted, testing::ValuesIn(case_names()),
                         [](const auto& test) { return test.param; });

TEST(LowRank, is_added_in_f32_to_what_quantised_weights_give) {
    const at::Tensor numbers = at::randn({48, 64});
    const LowRank added{at::randn({48, 3}), at::randn({3, 64})};
    const at::Tensor delta = at::matmul(added.left, added.right);
    const at::Tensor x = at::randn({2, 5, 64});
    const at::Tensor ids = at::tensor({std::int64_t{0}, std::int64_t{47}, std::int64_t{9}}, at::kLong);
    for (const WeightFormat& format :
         {WeightFormat(TensorType::q8_0), WeightFormat(TensorType::q4_0), WeightFormat(at::kFloat)}) {
        const WeightMatrix base = fill_matrix(48, 64, format, at::kCPU, [&](std::int64_t row, std::span<float> out) {
            std::copy_n(numbers.const_data_ptr<float>() + row * 64, 64, out.begin());
        });
        const WeightMatrix both = base.with(added);
        EXPECT_LT(largest_difference(both.multiply(x), base.multiply(x) + at::linear(x, delta)), 1e-4);
        EXPECT_LT(largest_difference(both.rows_at(ids), base.rows_at(ids) + delta.index_select(0, ids)), 1e-5);
        EXPECT_LT(largest_difference(both.dense(), base.dense() + delta), 1e-5);
        EXPECT_LT(largest_difference(both.part(7, 20).multiply(x), both.multiply(x).narrow(2, 7, 20)), 1e-5);
        EXPECT_EQ(both.bytes(), base.bytes() + 4 * 3 * (48 + 64));
    }
}

// A copy of an adapter, to be changed.
class AdapterRefusals : public testing::Test {
protected:
    void SetUp() override {
        folder_ = fs::temp_directory_path() / ("tandem-adapter-" + std::to_string(getpid()));
        fs::remove_all(folder_);
        fs::copy(adapters / "llama_attention", folder_);
    }
    void TearDown() override { fs::remove_all(folder_); }

    void replace_in_config(const std::string& from, const std::string& to) const {
        std::ifstream in(folder_ / "adapter_config.json");
        std::string text{std::istreambuf_iterator<char>(in), {}};
        const auto at = text.find(from);
        ASSERT_NE(at, std::string::npos) << from;
        std::ofstream(folder_ / "adapter_config.json") << text.replace(at, from.size(), to);
    }
    std::string code(const std::string& base = "mistral_window") const {
        const auto facts = inspect_model((models / base).string()).value();
        const auto adapter = open_adapter(folder_, facts.shape, tensors_of(facts.shape));
        return adapter.ok() ? "accepted" : adapter.error().code;
    }

    fs::path folder_;
};

TEST_F(AdapterRefusals, what_would_be_computed_wrongly) {
    EXPECT_EQ(code(), "accepted");
    EXPECT_EQ(code("qwen3_wide_heads"), "ADAPTER_SHAPE");
    EXPECT_EQ(code("gpt2_published"), "ADAPTER_TENSOR");
    EXPECT_EQ(code("vit"), "ADAPTER_TENSOR");
}

TEST_F(AdapterRefusals, another_type) {
    replace_in_config("\"LORA\"", "\"IA3\"");
    EXPECT_EQ(code(), "ADAPTER_TYPE");
}

TEST_F(AdapterRefusals, another_rank_than_its_tensors) {
    replace_in_config("\"r\": 3", "\"r\": 4");
    EXPECT_EQ(code(), "ADAPTER_SHAPE");
}

TEST_F(AdapterRefusals, tensors_of_modules_that_it_does_not_target) {
    replace_in_config("\"q_proj\"", "\"other\"");
    EXPECT_EQ(code(), "ADAPTER_TENSOR");
}

TEST_F(AdapterRefusals, a_pattern_without_end) {
    replace_in_config("\"rank_pattern\": {}", "\"rank_pattern\": {\"(?:[a-z._0-9]+)+[0-9]{2}\": 3}");
    EXPECT_EQ(code(), "CFG_RANGE");
}

TEST_F(AdapterRefusals, a_beginning_that_changed_the_weights) {
    replace_in_config("\"init_lora_weights\": true", "\"init_lora_weights\": \"pissa\"");
    EXPECT_EQ(code(), "ADAPTER_UNSUPPORTED");
}

TEST_F(AdapterRefusals, lengths_that_are_not_there) {
    replace_in_config("\"use_dora\": false", "\"use_dora\": true");
    EXPECT_EQ(code(), "ADAPTER_TENSOR");
}

TEST_F(AdapterRefusals, folders_that_hold_no_adapter) {
    fs::remove(folder_ / "adapter_model.safetensors");
    EXPECT_EQ(code(), "ADAPTER_NOT_FOUND");
    std::ofstream(folder_ / "adapter_model.bin") << "x";
    EXPECT_EQ(code(), "PICKLE_REFUSED");
    fs::remove(folder_ / "adapter_config.json");
    EXPECT_EQ(code(), "ADAPTER_NOT_FOUND");
}

}  // namespace
}  // namespace tandem::test
