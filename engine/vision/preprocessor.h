// From a picture to what an encoder is given, as a checkpoint's preprocessor_config.json (or the "image_processor" of
// its processor_config.json) says: resize, crop, tiles, rescale, normalise, pad.
//
// The numbers are those of transformers 5.17's processors of Pillow and numpy, which it takes wherever torchvision is
// not installed: 8-bit until rescaling, then f32, bit for bit. Its torchvision processors resize with weights of fewer
// bits, off by at most one level of 255, put an odd pixel of padding on the other side when a crop is larger than its
// picture, and round the fused rescaling and normalisation otherwise (1e-6).
// Errors: PREPROCESSOR_MISSING, CFG_*, JSON_TOO_DEEP, PICTURE_TOO_LARGE, PICTURE_SIZES, FILE_*.
// Thread rule: const once read, shared freely.
#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/models/config_reader.h"
#include "engine/vision/resize.h"

namespace tandem {

struct HeightWidth {
    std::int64_t height = 0;
    std::int64_t width = 0;
    bool operator==(const HeightWidth&) const = default;
};

// What a picture's size becomes.
struct TargetSize {
    enum class Kind {
        exact,                      // height x width
        shortest_edge,              // the shorter side becomes `shortest`, the proportions stay
        shortest_and_longest_edge,  // the same, unless the longer side became more than `longest`
        fit,                        // the largest with the proportions that fits into height x width
    };
    Kind kind = Kind::exact;
    std::int64_t height = 0;
    std::int64_t width = 0;
    std::int64_t shortest = 0;
    std::int64_t longest = 0;

    HeightWidth of(const HeightWidth& picture) const;
};

struct PreprocessorSettings {
    std::optional<TargetSize> resize;  // absent: pictures keep their size
    Filter filter = Filter::bilinear;
    std::optional<HeightWidth> crop;           // of the middle, black where the picture is smaller
    std::optional<double> rescale;             // factor of the levels 0 ... 255
    std::optional<std::array<float, 3>> mean;  // with deviation: (x - mean) / deviation by channel
    std::array<float, 3> deviation{1, 1, 1};
    bool pad = false;  // zeros at the right and below, to pad_size or the largest picture
    std::optional<HeightWidth> pad_size;
    // Tiles (Liu et al. 2024, "anyres"): the sizes of which the one that suits a picture best is cut into squares of
    // `tile` pixels, which follow the whole picture at `thumbnail`. Empty: none.
    std::vector<HeightWidth> grids;
    std::int64_t tile = 0;
    HeightWidth thumbnail;
};

// Of a configuration's object. `family` decides where the configuration does not name its processor.
Result<PreprocessorSettings> read_preprocessor(const ConfigReader& config, std::string_view family);
// Of a folder of Hugging Face files.
Result<PreprocessorSettings> open_preprocessor(const std::filesystem::path& folder, std::string_view family);

// Ready for an encoder.
struct PixelBatch {
    std::int64_t height = 0;
    std::int64_t width = 0;
    std::vector<std::int64_t> views;  // of each picture: 1, or the whole and its tiles
    std::vector<float> values;        // [sum of views, 3, height, width]

    std::int64_t count() const;
};

// All views must come out the same size. Errors: PICTURE_SIZES, PICTURE_TOO_LARGE.
Result<PixelBatch> preprocess(const std::vector<Picture>& pictures, const PreprocessorSettings& settings);

// The middle of a picture as `crop` says.
Picture centre_crop(const Picture& picture, const HeightWidth& crop);
// The whole picture and its tiles.
Result<std::vector<Picture>> tiles_of(const Picture& picture, const PreprocessorSettings& settings);

}  // namespace tandem
