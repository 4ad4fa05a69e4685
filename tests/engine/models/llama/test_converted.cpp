// Checkpoints after `tandem model convert` compute what transformers computes of the original.
#include "engine/convert/convert.h"
#include "tests/engine/models/model_support.h"
#include "tests/support/temporary_folder.h"

namespace tandem::test {
namespace {

const std::filesystem::path fixtures = TANDEM_SOURCE_DIR "/tests/data/llama";

class Converted : public testing::TestWithParam<const char*> {
protected:
    // The largest error beside the largest logit.
    double error_of(const std::filesystem::path& location, Dtype dtype) const {
        const auto expected = SafetensorsFile::open(fixtures / GetParam() / "expected.safetensors").value();
        const at::Tensor ids = tensor_of(*expected, "ids")[0];
        const at::Tensor logits = tensor_of(*expected, "logits")[0];
        const auto model = load(location.string(), dtype);
        EXPECT_TRUE(model.ok()) << model.error().to_string();
        return model.ok() ? largest_difference(logits_of(**model, ids), logits) / logits.abs().max().item<double>() : 1;
    }

    std::filesystem::path convert(const std::filesystem::path& source, const char* name, const char* type) const {
        const auto report = convert_model(source, folder_ / name, {.to = weight_target(type).value(), .stop = {}});
        EXPECT_TRUE(report.ok()) << report.error().to_string();
        return folder_ / name;
    }

    TemporaryFolder folder_;
};

TEST_P(Converted, to_gguf_and_back_the_logits_are_those_of_transformers) {
    const auto gguf = convert(fixtures / GetParam(), "a.gguf", "f32");
    EXPECT_LT(error_of(gguf, Dtype::f32), 1e-4);
    EXPECT_LT(error_of(convert(gguf, "back", "f32"), Dtype::native), 1e-4);
}

// Rows of 16 to 48 random weights: half a step of 1/127 of the largest adds up to a few per cent of the largest logit.
TEST_P(Converted, int8_weights_compute_near_the_original_and_the_same_expanded) {
    const auto int8 = convert(fixtures / GetParam(), "int8", "int8");
    EXPECT_LT(error_of(int8, Dtype::native), 0.08);
    const auto native = load(int8.string(), Dtype::native);
    const auto wide = load(int8.string(), Dtype::f32);
    ASSERT_TRUE(native.ok() && wide.ok());
    const at::Tensor ids = at::arange(12);
    EXPECT_LT(largest_difference(logits_of(**native, ids), logits_of(**wide, ids)), 1e-4);
    EXPECT_LT((*native)->weights_bytes(), (*wide)->weights_bytes());
}

INSTANTIATE_TEST_SUITE_P(Llama, Converted,
                         testing::Values("multi_head_linear", "grouped_tied_bf16", "multi_query_wide_sharded", "biases",
                                         "rope_llama3"),
                         [](const auto& of) { return std::string(of.param); });

}  // namespace
}  // namespace tandem::test
