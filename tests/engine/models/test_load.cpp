// What loading refuses, notes and tells, on changed copies of a tiny checkpoint.
#include <fstream>
#include <limits>

#include "engine/models/family.h"
#include "engine/models/registry.h"
#include "engine/models/weight_format.h"
#include "engine/tensor/torch_device.h"
#include "tests/engine/models/model_support.h"
#include "tests/support/temporary_folder.h"

namespace tandem::test {
namespace {

namespace fs = std::filesystem;

const fs::path fixture = fs::path(TANDEM_SOURCE_DIR) / "tests/data/llama/biases";

// The fixture's tensors, to be changed and written to a folder of its own.
class ChangedCheckpoint : public testing::Test {
protected:
    void SetUp() override {
        source_ = SafetensorsFile::open(fixture).value();
        tensors_.assign(source_->tensors().begin(), source_->tensors().end());
        fs::copy_file(fixture / "config.json", folder_ / "config.json", fs::copy_options::overwrite_existing);
    }

    TensorView& tensor(std::string_view name) {
        return *std::find_if(tensors_.begin(), tensors_.end(), [&](const auto& t) { return t.name == name; });
    }

    std::string write() {
        const auto bytes = write_safetensors(tensors_, {});
        std::ofstream file(folder_ / "model.safetensors", std::ios::binary);
        file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
        file.close();
        return folder_.path().string();
    }

    std::shared_ptr<const SafetensorsFile> source_;
    std::vector<TensorView> tensors_;
    const test::TemporaryFolder folder_;
};

TEST_F(ChangedCheckpoint, unchanged_it_loads) {
    EXPECT_EQ(code_of_load(write()), "accepted");
}

TEST_F(ChangedCheckpoint, a_missing_tensor_is_named) {
    for (const char* name : {"model.layers.1.self_attn.k_proj.weight", "model.layers.0.mlp.down_proj.bias",
                             "model.norm.weight", "lm_head.weight"}) {
        const auto all = tensors_;
        std::erase_if(tensors_, [&](const TensorView& t) { return t.name == name; });
        const auto model = load(write());
        ASSERT_FALSE(model.ok());
        EXPECT_EQ(model.error().code, "MODEL_TENSOR_MISSING");
        EXPECT_NE(model.error().message.find(name), std::string::npos);
        EXPECT_EQ(model.error().where, folder_.path().string());
        tensors_ = all;
    }
}

TEST_F(ChangedCheckpoint, a_tensor_of_another_shape_is_refused_with_both_shapes) {
    tensor("model.layers.0.mlp.gate_proj.weight").shape = {16, 24};
    const auto model = load(write());
    ASSERT_FALSE(model.ok());
    EXPECT_EQ(model.error().code, "MODEL_TENSOR_SHAPE");
    EXPECT_NE(model.error().message.find("[16, 24], need [24, 16]"), std::string::npos) << model.error().message;
}

TEST_F(ChangedCheckpoint, a_tensor_nobody_asks_for_is_refused_unless_it_changes_nothing) {
    TensorView extra = tensor("model.norm.weight");
    extra.name = "model.layers.0.self_attn.rotary_emb.inv_freq";
    tensors_.push_back(extra);
    EXPECT_EQ(code_of_load(write()), "accepted");
    extra.name = "model.layers.0.self_attn.q_norm.weight";
    tensors_.push_back(extra);
    const auto model = load(write());
    ASSERT_FALSE(model.ok());
    EXPECT_EQ(model.error().code, "MODEL_TENSOR_UNKNOWN");
    EXPECT_NE(model.error().message.find("q_norm"), std::string::npos);
}

TEST_F(ChangedCheckpoint, integers_are_not_weights) {
    tensor("model.norm.weight").type = TensorType::i32;
    EXPECT_EQ(code_of_load(write()), "TENSOR_TYPE");
}

TEST_F(ChangedCheckpoint, weights_that_are_no_numbers_are_noted_not_refused) {
    std::vector<float> numbers(16 * 24, 1.0F);
    numbers[5] = std::numeric_limits<float>::quiet_NaN();
    numbers[7] = std::numeric_limits<float>::infinity();
    tensor("model.layers.1.mlp.up_proj.weight").data = std::as_bytes(std::span(numbers));
    for (const Dtype dtype : {Dtype::native, Dtype::f32, Dtype::bf16}) {
        const auto model = load(write(), dtype);
        ASSERT_TRUE(model.ok()) << model.error().to_string();
        ASSERT_EQ((*model)->notes().size(), 1U);
        EXPECT_EQ((*model)->notes()[0].rfind("W_NONFINITE: 2 ", 0), 0U) << (*model)->notes()[0];
        EXPECT_NE((*model)->notes()[0].find("'model.layers.1.mlp.up_proj.weight'"), std::string::npos);
    }
}

TEST_F(ChangedCheckpoint, rows_that_do_not_fill_blocks_cannot_be_int8) {
    const auto model = load(write(), Dtype::int8);  // rows of 16
    ASSERT_FALSE(model.ok());
    EXPECT_EQ(model.error().code, "DTYPE_UNAVAILABLE");
    EXPECT_EQ(model.error().kind, ErrorKind::unsupported);
    EXPECT_EQ(code_of_load("random:SmolLM2-135M", Dtype::int8), "accepted");
}

TEST_F(ChangedCheckpoint, progress_grows_to_one_and_a_stop_request_ends_it) {
    const std::string location = write();
    std::vector<double> told;
    const auto listener = [&](double fraction) { told.push_back(fraction); };
    ASSERT_TRUE(load_causal_lm({.location = location}, {.dtype = Dtype::f32}, at::kCPU, 0, listener, {}).ok());
    ASSERT_GT(told.size(), 10U);
    EXPECT_TRUE(std::is_sorted(told.begin(), told.end()));
    EXPECT_DOUBLE_EQ(told.back(), 1);
    std::stop_source source;
    const auto stop_early = [&](double) { source.request_stop(); };
    const auto stopped =
        load_causal_lm({.location = location}, {.dtype = Dtype::f32}, at::kCPU, 0, stop_early, source.get_token());
    ASSERT_FALSE(stopped.ok());
    EXPECT_EQ(stopped.error().code, "CANCELLED");
    EXPECT_EQ(stopped.error().kind, ErrorKind::cancelled);
}

TEST_F(ChangedCheckpoint, an_unknown_family_is_answered_with_the_nearest) {
    std::ofstream(folder_ / "config.json") << R"({"model_type": "mamba"})";
    const auto model = load(write());
    ASSERT_FALSE(model.ok());
    EXPECT_EQ(model.error().code, "MODEL_UNKNOWN_FAMILY");
    EXPECT_NE(model.error().message.find("recurrent_gemma"), std::string::npos);
}

TEST(Load, every_family_is_described_and_computes) {
    ASSERT_EQ(families().size(), family_descriptions().size());
    for (std::size_t i = 0; i < families().size(); ++i) {
        EXPECT_EQ(families()[i].name, family_descriptions()[i]->name);
        EXPECT_FALSE(family_descriptions()[i]->model_types.empty());
    }
}

TEST(Load, what_is_not_there_is_said) {
    EXPECT_EQ(code_of_load("/nowhere/at/all"), "MODEL_NOT_FOUND");
    EXPECT_EQ(code_of_load("random:no-such-shape"), "MODEL_NOT_IN_CATALOGUE");
}

TEST(Load, a_device_that_is_not_there_is_unavailable) {
    const auto missing = at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(cuda_device_count()));
    const auto model = load_causal_lm({.location = fixture.string()}, {}, missing, 0, {}, {});
    ASSERT_FALSE(model.ok());
    EXPECT_EQ(model.error().code, "DEVICE_UNAVAILABLE");
    EXPECT_EQ(model.error().kind, ErrorKind::unsupported);
}

TEST(WeightFormats, are_those_of_option_file_and_device) {
    const at::Device cuda(at::kCUDA, 0);
    const auto format = [](Dtype dtype, TensorType stored, at::Device device) {
        return *weight_format(dtype, stored, device);
    };
    EXPECT_EQ(format(Dtype::native, TensorType::q4_1, at::kCPU), WeightFormat(TensorType::q4_1));
    EXPECT_EQ(format(Dtype::native, TensorType::bf16, at::kCPU), WeightFormat(TensorType::bf16));
    EXPECT_EQ(format(Dtype::native, TensorType::f32, at::kCPU), WeightFormat(at::kFloat));
    EXPECT_EQ(format(Dtype::native, TensorType::q4_1, cuda), WeightFormat(at::kHalf));
    EXPECT_EQ(format(Dtype::native, TensorType::bf16, cuda), WeightFormat(at::kBFloat16));
    EXPECT_EQ(format(Dtype::int4, TensorType::q8_0, at::kCPU), WeightFormat(TensorType::q4_0));
    EXPECT_EQ(weight_format(Dtype::int4, TensorType::f32, cuda).error().code, "DTYPE_UNAVAILABLE");
}

}  // namespace
}  // namespace tandem::test
