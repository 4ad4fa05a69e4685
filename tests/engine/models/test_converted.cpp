// Checkpoints after `tandem model convert` compute what transformers computes of the original.
#include <algorithm>

#include "engine/convert/convert.h"
#include "engine/models/encoder_decoder_lm.h"
#include "engine/models/family.h"
#include "engine/models/inspect.h"
#include "engine/tensor/gguf.h"
#include "tests/engine/models/model_support.h"
#include "tests/support/temporary_folder.h"

namespace tandem::test {
namespace {

const std::filesystem::path fixtures = TANDEM_SOURCE_DIR "/tests/data/llama";
const std::filesystem::path cases = TANDEM_SOURCE_DIR "/tests/data/models";

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

const FamilyDescription& family_of(const std::string& name) {
    return *family_description(inspect_model((cases / name).string()).value().shape.architecture);
}

// The tiny checkpoints whose GGUF llama.cpp's own converter wrote beside them, of families that are written so. Left
// out: a GGUF that was made from another layout of its folder, and norms that a GGUF stacks, which are not written.
std::vector<std::string> written_by_the_reference() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(cases)) {
        const std::string name = entry.path().filename();
        if (exists(entry.path() / "model.gguf") && exists(entry.path() / "config.json") &&
            family_of(name).to_gguf != nullptr && name != "phi_fused_gguf" && name != "stablelm_parallel") {
            names.push_back(name);
        }
    }
    std::ranges::sort(names);
    return names;
}

at::Tensor logits_of_pair(const EncoderDecoderLm& model, const WeightFile& expected) {
    const EncodedSource source = model.encode(tensor_of(expected, "source"), tensor_of(expected, "mask").to(at::kBool));
    const at::Tensor target = tensor_of(expected, "target");
    auto cache = KvCache::create(model.cache_shape(target.size(0), target.size(1)), at::kCPU).value();
    return model.forward(target, source, cache, LogitsFor::all);
}

// The largest error of what a model says beside what the reference computed of the case, over the largest logit.
double error_beside_expected(const std::filesystem::path& place, const std::string& name) {
    const auto expected = SafetensorsFile::open(cases / name / "expected.safetensors").value();
    const at::Tensor logits = tensor_of(*expected, "logits");
    at::Tensor found;
    if (expected->find("source") != nullptr) {
        const auto model =
            load_encoder_decoder({.location = place.string()}, {.dtype = Dtype::f32}, at::kCPU, 0, {}, {});
        EXPECT_TRUE(model.ok()) << model.error().to_string();
        found = model.ok() ? logits_of_pair(**model, *expected) : at::Tensor();
    } else {
        const auto model = load(place.string());
        EXPECT_TRUE(model.ok()) << model.error().to_string();
        found = model.ok() ? logits_of(**model, tensor_of(*expected, "ids")[0]).unsqueeze(0) : at::Tensor();
    }
    return found.defined()
               ? largest_difference(found, logits.narrow(0, 0, found.size(0))) / logits.abs().max().item<double>()
               : 1;
}

class AsTheReference : public testing::TestWithParam<std::string> {
protected:
    std::shared_ptr<const GgufFile> converted() {
        const auto report =
            convert_model(cases / GetParam(), folder_ / "a.gguf", {.to = weight_target("f32").value(), .stop = {}});
        EXPECT_TRUE(report.ok()) << report.error().to_string();
        return report.ok() ? GgufFile::open(folder_ / "a.gguf").value() : nullptr;
    }

    std::shared_ptr<const GgufFile> reference_ = GgufFile::open(cases / GetParam() / "model.gguf").value();
    TemporaryFolder folder_;
};

// What only names or dates a file, and what the reference leaves out or adds without effect.
bool is_about_the_model(const std::string& key) {
    return !key.starts_with("general.") && !key.starts_with("tokenizer.") && !key.ends_with(".rope.scaling.type") &&
           !key.ends_with(".rope.scaling.original_context_length") && !key.ends_with("_epsilon");
}

TEST_P(AsTheReference, settings_and_tensors_are_those_of_llama_cpps_converter) {
    const auto found = converted();
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(*found->text("general.architecture"), *reference_->text("general.architecture"));
    for (const auto& [key, value] : reference_->metadata()) {
        if (is_about_the_model(key)) {
            ASSERT_TRUE(found->has(key)) << key;
            EXPECT_EQ(found->metadata().find(key)->second, value) << key;
        }
    }
    for (const TensorView& tensor : reference_->tensors()) {
        const TensorView* same = found->find(tensor.name);
        ASSERT_NE(same, nullptr) << tensor.name;
        EXPECT_EQ(same->shape, tensor.shape) << tensor.name;
    }
    EXPECT_EQ(found->tensors().size(), reference_->tensors().size());
}

TEST_P(AsTheReference, and_so_are_the_logits_also_of_the_folder_made_from_it) {
    ASSERT_NE(converted(), nullptr);
    std::vector<std::filesystem::path> places{folder_ / "a.gguf"};
    if (family_of(GetParam()).to_config != nullptr) {
        const auto report =
            convert_model(places[0], folder_ / "back", {.to = weight_target("f32").value(), .stop = {}});
        ASSERT_TRUE(report.ok()) << report.error().to_string();
        places.push_back(folder_ / "back");
    }
    for (const auto& place : places) {
        EXPECT_LT(error_beside_expected(place, GetParam()), 1e-4) << place;
    }
}

INSTANTIATE_TEST_SUITE_P(Family, AsTheReference, testing::ValuesIn(written_by_the_reference()),
                         [](const auto& of) { return of.param; });

double error_of_written(const std::string& name, const std::filesystem::path& target) {
    const auto report = convert_model(cases / name, target, {.to = weight_target("f32").value(), .stop = {}});
    EXPECT_TRUE(report.ok()) << report.error().to_string();
    return error_beside_expected(target, name);
}

// llama.cpp loads no Nemotron without an output of its own.
TEST(ConvertedTied, a_model_whose_readers_need_an_output_repeats_the_embedding_there) {
    const TemporaryFolder folder;
    EXPECT_LT(error_of_written("nemotron_tied", folder / "a.gguf"), 1e-4);
    const auto file = GgufFile::open(folder / "a.gguf").value();
    const TensorView* output = file->find("output.weight");
    const TensorView* embedding = file->find("token_embd.weight");
    ASSERT_TRUE(output != nullptr && embedding != nullptr);
    EXPECT_TRUE(std::ranges::equal(output->data, embedding->data));
}

TEST(ConvertedTied, an_output_of_its_own_is_kept_whatever_the_configuration_says) {
    const TemporaryFolder folder;
    EXPECT_LT(error_of_written("qwen2_tied_unequal", folder / "a.gguf"), 1e-4);
}

}  // namespace
}  // namespace tandem::test
