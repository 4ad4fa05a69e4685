// Whole pre-processing against transformers 5.17's processors of Pillow and numpy. From PNG the numbers are equal bit
// for bit; from JPEG a level may differ by one, as decoders differ.
#include "engine/vision/preprocessor.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "tests/engine/vision/picture_support.h"

namespace tandem::test {
namespace {

using nlohmann::json;

Result<PreprocessorSettings> settings_of(const json& config, std::string_view family) {
    return read_preprocessor(ConfigReader(config, "test"), family);
}

std::string code_of(const json& config) {
    const auto settings = settings_of(config, "clip_vision");
    return settings.ok() ? "accepted" : settings.error().code;
}

std::vector<std::string> case_names() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(pictures)) {
        if (entry.path().extension() == ".json") {
            names.push_back(entry.path().stem());
        }
    }
    std::ranges::sort(names);
    return names;
}

class Preprocess : public testing::TestWithParam<std::string> {};

TEST_P(Preprocess, gives_the_numbers_of_the_reference) {
    const json declared = json::parse(read_bytes(pictures / (GetParam() + ".json")));
    const auto settings = settings_of(declared["preprocessor"], declared["family"].get<std::string>());
    ASSERT_TRUE(settings.ok()) << settings.error().to_string();
    std::vector<Picture> files;
    bool exact = true;
    for (const std::string name : declared["files"]) {
        files.push_back(fixture_picture(name));
        exact = exact && name.ends_with(".png");
    }
    const auto batch = preprocess(files, *settings);
    ASSERT_TRUE(batch.ok()) << batch.error().to_string();

    const auto expected = SafetensorsFile::open(pictures / "processed.safetensors").value();
    const TensorView* values = expected->find(GetParam());
    const TensorView* views = expected->find(GetParam() + " views");
    ASSERT_NE(values, nullptr);
    EXPECT_EQ(values->shape, (std::vector<std::int64_t>{batch->count(), 3, batch->height, batch->width}));
    for (std::size_t i = 0; i < files.size(); ++i) {
        std::int32_t count = 0;
        std::memcpy(&count, views->data.data() + i * sizeof count, sizeof count);
        EXPECT_EQ(batch->views[i], count);
    }
    ASSERT_EQ(batch->values.size() * sizeof(float), values->data.size());
    // One level as a number of the end, for pictures from JPEG.
    float level = static_cast<float>(settings->rescale.value_or(1));
    if (settings->mean) {
        level /= *std::ranges::min_element(settings->deviation);
    }
    float largest = 0;
    for (std::size_t i = 0; i < batch->values.size(); ++i) {
        float value = 0;
        std::memcpy(&value, values->data.data() + i * sizeof value, sizeof value);
        largest = std::max(largest, std::abs(value - batch->values[i]));
    }
    EXPECT_LE(largest, exact ? 0 : 1.001F * level);
}

INSTANTIATE_TEST_SUITE_P(Case, Preprocess, testing::ValuesIn(case_names()),
                         [](const auto& test) { return test.param; });

TEST(Preprocessor, has_the_defaults_of_the_family_that_a_configuration_does_not_name) {
    const auto vit = settings_of(json::object(), "vit").value();
    EXPECT_EQ(vit.filter, Filter::bilinear);
    EXPECT_FALSE(vit.crop);
    EXPECT_EQ(vit.resize->of({100, 300}), (HeightWidth{224, 224}));
    const auto clip = settings_of(json::object(), "clip_vision").value();
    EXPECT_EQ(clip.filter, Filter::bicubic);
    EXPECT_EQ(clip.crop, (HeightWidth{224, 224}));
    EXPECT_EQ(clip.resize->of({100, 300}), (HeightWidth{224, 672}));
    EXPECT_EQ(settings_of({{"longest_edge", 5}, {"size", {{"longest_edge", 30}}}}, "siglip_vision")
                  .value()
                  .resize->of({100, 300}),
              (HeightWidth{10, 30}));
}

TEST(Preprocessor, refuses_what_it_would_compute_wrongly) {
    EXPECT_EQ(code_of({{"image_processor_type", "Idefics3ImageProcessor"}}), "CFG_UNSUPPORTED");
    EXPECT_EQ(code_of({{"image_processor_type", "CLIPImageProcessorFast"}}), "accepted");
    EXPECT_EQ(code_of({{"size", {{"height", 5}}}}), "CFG_TYPE");
    EXPECT_EQ(code_of({{"size", {{"min_pixels", 5}, {"max_pixels", 7}}}}), "CFG_TYPE");
    EXPECT_EQ(code_of({{"size", {{"shortest_edge", 0}}}}), "CFG_RANGE");
    EXPECT_EQ(code_of({{"size", "large"}}), "CFG_TYPE");
    EXPECT_EQ(code_of({{"resample", 6}}), "CFG_RANGE");
    EXPECT_EQ(code_of({{"image_mean", {0.5, 0.5}}}), "CFG_TYPE");
    EXPECT_EQ(code_of({{"image_std", {0.5, 0.5, 0}}}), "CFG_RANGE");
    EXPECT_EQ(code_of({{"crop_size", {{"height", 1e9}, {"width", 4}}}}), "CFG_TYPE");
    EXPECT_EQ(code_of({{"crop_size", {{"height", 100000}, {"width", 4}}}}), "CFG_RANGE");
    EXPECT_EQ(code_of({{"image_grid_pinpoints", {{336, 336}}}}), "CFG_UNSUPPORTED");
    EXPECT_EQ(code_of({{"image_processor_type", "LlavaNextImageProcessor"},
                       {"crop_size", 2},
                       {"image_grid_pinpoints", {{16384, 16384}}}}),
              "CFG_RANGE");
}

TEST(Preprocessor, refuses_pictures_that_come_out_in_different_sizes) {
    const auto settings = settings_of({{"size", {{"shortest_edge", 8}}}, {"do_center_crop", false}}, "clip_vision");
    const std::vector<Picture> both{Picture::black(10, 20), Picture::black(20, 10)};
    EXPECT_EQ(preprocess(both, settings.value()).error().code, "PICTURE_SIZES");
}

}  // namespace
}  // namespace tandem::test
