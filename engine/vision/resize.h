// Resizing 8-bit pictures exactly as Pillow 13's Image.resize: each filter widened by the factor it shrinks by, weights
// of 22 fractional bits, along the rows and then the columns (the other way round where the height shrinks by more than
// twice as many pixels as the width), rounded to 8 bits between. The reference's other implementation (torchvision)
// keeps weights of fewer bits and differs by at most one level. Errors: PICTURE_TOO_LARGE, for a picture that is too
// large on its way: of its own height and the new width. Thread rule: stateless.
#pragma once

#include "engine/vision/picture.h"

namespace tandem {

enum class Filter { nearest, lanczos, bilinear, bicubic, box, hamming };  // Pillow's numbers 0 to 5

// Sizes are at least 1.
Result<Picture> resized(const Picture& picture, std::int64_t height, std::int64_t width, Filter filter);

}  // namespace tandem
