// An encoder-decoder that only reads takes the memory of its encoder, says the same, and is as strict about its file.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "engine/models/encoder_decoder_lm.h"
#include "engine/models/inspect.h"
#include "engine/models/inspect_parts.h"
#include "engine/models/registry.h"
#include "engine/tensor/safetensors.h"
#include "tests/support/temporary_folder.h"

namespace tandem::test {
namespace {

namespace fs = std::filesystem;

const fs::path models = TANDEM_SOURCE_DIR "/tests/data/models";

struct File {
    std::string name;
    fs::path place;
};

std::vector<File> encoder_decoders() {
    std::vector<File> files;
    for (const auto& entry : fs::directory_iterator(models)) {
        const std::string name = entry.path().filename().string();
        const auto facts = inspect_model(entry.path().string());
        if (facts.ok() && facts->shape.kind == ModelKind::encoder_decoder) {
            files.push_back({name, entry.path()});
            if (fs::exists(entry.path() / "model.gguf")) {
                files.push_back({name + "_gguf", entry.path() / "model.gguf"});
            }
        }
    }
    return files;
}

const LoadOptions in_f32{.dtype = Dtype::f32};

std::shared_ptr<const EncoderDecoderLm> as_encoder_decoder(const Result<std::shared_ptr<const Model>>& loaded) {
    return loaded.ok() ? std::dynamic_pointer_cast<const EncoderDecoderLm>(*loaded) : nullptr;
}

class LoadGuide : public testing::TestWithParam<File> {};

TEST_P(LoadGuide, reads_as_the_whole_model_does_in_the_memory_of_its_encoder) {
    const std::string place = GetParam().place.string();
    const ModelFacts facts = inspect_model(place).value();
    const auto guide_loaded = load_guide({.location = place}, in_f32, at::kCPU, 0, {}, {});
    ASSERT_TRUE(guide_loaded.ok()) << guide_loaded.error().to_string();
    const auto guide = as_encoder_decoder(guide_loaded);
    const auto whole = as_encoder_decoder(load_model({.location = place}, in_f32, at::kCPU, 0, {}, {}));
    const at::Tensor ids = at::tensor({3, 8, 6, 12, 10}, at::kLong).unsqueeze(0);
    const Source source{.ids = ids, .embeddings = {}, .mask = {}};
    EXPECT_TRUE(guide->read_frozen(source).hidden.equal(whole->read_frozen(source).hidden));

    EXPECT_LT(facts.guide_parameters, facts.parameters);
    EXPECT_LT(facts.guide_bytes, facts.weights_bytes);
    EXPECT_LT(guide->weights_bytes(), whole->weights_bytes());
    EXPECT_LE(guide->weights_bytes(), 4 * facts.guide_parameters);
    if (facts.shape.architecture != "bart") {  // some of which compute the positions that are counted
        EXPECT_EQ(guide->weights_bytes(), 4 * facts.guide_parameters);
    }

    KvCache cache = KvCache::create(guide->cache_shape(1, 2), at::kCPU).value();
    EXPECT_ANY_THROW({
        const EncodedSource seen = guide->encode(ids, {});
        (void)guide->forward(ids.narrow(1, 0, 1), seen, cache, LogitsFor::last).to(at::kCPU).sum().item<float>();
    });
}

INSTANTIATE_TEST_SUITE_P(Files, LoadGuide, testing::ValuesIn(encoder_decoders()),
                         [](const testing::TestParamInfo<File>& info) { return info.param.name; });

// A copy of t5_first with the tensors that `change` leaves.
template <class Change>
std::string error_of(const Change& change) {
    const TemporaryFolder folder;
    fs::copy_file(models / "t5_first/config.json", folder.path() / "config.json");
    const auto file = SafetensorsFile::open((models / "t5_first").string()).value();
    std::vector<TensorView> tensors(file->tensors().begin(), file->tensors().end());
    change(tensors);
    const std::vector<std::byte> bytes = write_safetensors(tensors, {{"format", "pt"}});
    std::ofstream(folder.path() / "model.safetensors", std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    const auto loaded = load_guide({.location = folder.path().string()}, in_f32, at::kCPU, 0, {}, {});
    return loaded.ok() ? "" : loaded.error().code;
}

TensorView& of_decoder(std::vector<TensorView>& tensors) {
    return *std::ranges::find(tensors, "decoder.block.0.layer.2.DenseReluDense.wo.weight", &TensorView::name);
}

TEST(LoadGuide, is_as_strict_about_the_decoder_as_if_it_were_read) {
    EXPECT_EQ(error_of([](std::vector<TensorView>&) {}), "");
    EXPECT_EQ(error_of([](std::vector<TensorView>& tensors) {
                  std::erase_if(tensors, [&, name = of_decoder(tensors).name](const TensorView& one) {
                      return one.name == name;
                  });
              }),
              "MODEL_TENSOR_MISSING");
    EXPECT_EQ(error_of([](std::vector<TensorView>& tensors) {
                  std::swap(of_decoder(tensors).shape[0], of_decoder(tensors).shape[1]);
              }),
              "MODEL_TENSOR_SHAPE");
    EXPECT_EQ(error_of([](std::vector<TensorView>& tensors) {
                  TensorView more = of_decoder(tensors);
                  more.name = "decoder.block.0.layer.2.DenseReluDense.more.weight";
                  tensors.push_back(more);
              }),
              "MODEL_TENSOR_UNKNOWN");
}

TEST(LoadGuide, a_decoder_is_loaded_whole) {
    const std::string place = (models / "mistral_full").string();
    const auto guide = load_guide({.location = place}, in_f32, at::kCPU, 0, {}, {});
    EXPECT_EQ((*guide)->weights_bytes(),
              (*load_model({.location = place}, in_f32, at::kCPU, 0, {}, {}))->weights_bytes());
    const ModelFacts facts = inspect_model(place).value();
    EXPECT_EQ(facts.guide_parameters, facts.parameters);
    EXPECT_EQ(facts.guide_bytes, facts.weights_bytes);
}

TEST(LoadGuide, random_weights_are_drawn_for_the_encoder_alone) {
    const std::string id = "random:t5-small";
    const ModelFacts facts = inspect_model(id).value();
    const auto guide = load_guide({.location = id}, {.dtype = Dtype::bf16}, at::kCPU, 1, {}, {});
    ASSERT_TRUE(guide.ok()) << guide.error().to_string();
    EXPECT_LT((*guide)->weights_bytes(), 2 * facts.parameters * 7 / 10);
    EXPECT_GE((*guide)->weights_bytes(), 2 * facts.guide_parameters);
}

}  // namespace
}  // namespace tandem::test
