// Where the top of a picture is: tag 0x0112 of EXIF's first directory (a TIFF structure), or tiff:Orientation of XMP.
#include <algorithm>
#include <optional>

#include "engine/vision/decode.h"

namespace tandem {
namespace {

constexpr std::uint64_t orientation_tag = 0x0112;
constexpr std::uint64_t type_short = 3;
constexpr std::uint64_t type_long = 4;

// Numbers of a TIFF structure in the order of bytes that it states.
class Tiff {
public:
    explicit Tiff(PictureBytes bytes) : bytes_(bytes) {}

    bool read_header() {
        const auto first = byte_at(0);
        const auto second = byte_at(1);
        little_ = first == 'I';
        return first == second && (first == 'I' || first == 'M') && number(2, 2) == 42;
    }
    std::optional<std::uint64_t> number(std::uint64_t at, unsigned size) const {
        if (at + size > bytes_.size()) {
            return std::nullopt;
        }
        std::uint64_t value = 0;
        for (unsigned i = 0; i < size; ++i) {
            value = value << 8 | byte_at(at + (little_ ? size - 1 - i : i));
        }
        return value;
    }

private:
    std::uint64_t byte_at(std::uint64_t at) const {
        return at < bytes_.size() ? std::to_integer<std::uint64_t>(bytes_[at]) : 0;
    }

    PictureBytes bytes_;
    bool little_ = false;
};

std::optional<int> checked_orientation(std::uint64_t value) {
    return value >= 1 && value <= 8 ? std::optional(static_cast<int>(value)) : std::nullopt;
}

}  // namespace

std::optional<int> exif_orientation(PictureBytes bytes) {
    Tiff tiff(bytes);
    if (!tiff.read_header()) {
        return std::nullopt;
    }
    const auto directory = tiff.number(4, 4);
    const auto entries = directory ? tiff.number(*directory, 2) : std::nullopt;
    for (std::uint64_t i = 0; entries && i < *entries; ++i) {
        const std::uint64_t entry = *directory + 2 + 12 * i;
        const auto type = tiff.number(entry + 2, 2);
        if (tiff.number(entry, 2) == orientation_tag && (type == type_short || type == type_long)) {
            return checked_orientation(tiff.number(entry + 8, type == type_short ? 2 : 4).value_or(0));
        }
    }
    return std::nullopt;
}

std::optional<int> xmp_orientation(std::string_view xmp) {
    constexpr std::string_view key = "tiff:Orientation";
    for (auto at = xmp.find(key); at != std::string_view::npos; at = xmp.find(key, at + 1)) {
        std::string_view rest = xmp.substr(at + key.size());
        rest = rest.starts_with("=\"") ? rest.substr(2) : rest.starts_with(">") ? rest.substr(1) : "";
        if (!rest.empty() && rest[0] >= '0' && rest[0] <= '9') {
            return checked_orientation(static_cast<std::uint64_t>(rest[0] - '0'));
        }
    }
    return std::nullopt;
}

Picture turned(Picture picture, int orientation) {
    if (orientation <= 1 || orientation > 8) {
        return picture;
    }
    const bool transposed = orientation >= 5;
    Picture result =
        transposed ? Picture::black(picture.width, picture.height) : Picture::black(picture.height, picture.width);
    // Each pixel of the result is taken from where the stored one lies: mirrored along its rows, its columns or both.
    const bool mirror_columns = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    const bool mirror_rows = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    for (std::int64_t row = 0; row < result.height; ++row) {
        for (std::int64_t column = 0; column < result.width; ++column) {
            const std::int64_t y = transposed ? column : row;
            const std::int64_t x = transposed ? row : column;
            const std::uint8_t* from =
                picture.at(mirror_rows ? picture.height - 1 - y : y, mirror_columns ? picture.width - 1 - x : x);
            std::copy_n(from, 3, result.at(row, column));
        }
    }
    return result;
}

}  // namespace tandem
