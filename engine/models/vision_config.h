// What all vision encoders say of themselves: pictures cut into patches, and layers of one width. No torch.
// Errors: CFG_*. Thread rule: stateless.
#pragma once

#include <initializer_list>

#include "engine/models/config_reader.h"
#include "engine/models/family.h"
#include "engine/nn/activation.h"

namespace tandem {

struct VisionConfig : FamilyConfig {
    std::int64_t image_height = 0;  // that the positions were trained for, in pixels
    std::int64_t image_width = 0;
    std::int64_t patch_height = 0;
    std::int64_t patch_width = 0;
    std::int64_t channels = 3;
    double norm_epsilon = 1e-6;
    Activation activation = Activation::gelu;
    bool any_size = false;    // positions are stretched to pictures of other sizes
    bool exact_size = false;  // nor may a picture have a rest that fills no patch, unless the trained size has it

    // Patches of a picture of the trained size; a rest that fills no patch is not looked at.
    std::int64_t rows() const { return image_height / patch_height; }
    std::int64_t columns() const { return image_width / patch_width; }
    std::int64_t patches() const { return rows() * columns(); }

    std::vector<std::pair<std::string, std::string>> details() const override;
};

// The defaults of a family's configuration class for keys that most checkpoints leave out.
struct VisionDefaults {
    std::int64_t patch = 16;
    double norm_epsilon = 1e-6;
    const char* activation = "gelu";
    bool rectangles = true;    // sizes may be [height, width]
    bool has_ffn_size = true;  // "intermediate_size"; else the family sets shape.ffn
};

// Fills everything of `own`, and of `shape` all but ffn where it has no key of its own.
Result<void> read_vision(const ConfigReader& config, const VisionDefaults& defaults, ModelShape& shape,
                         VisionConfig& own);

// The part of a checkpoint of two towers that describes the vision tower: the object under the first of the keys that
// is there, else one without keys. Warns that the text tower is left out.
Result<ConfigReader> vision_tower(const ConfigReader& config, std::initializer_list<const char*> keys);

// Whether a model can look at pictures of that size. Errors: VISION_SIZE.
Result<void> check_picture_size(const VisionConfig& config, std::int64_t height, std::int64_t width);

}  // namespace tandem
