// PNG through libpng. Its errors jump: everything that a jump would skip over lives in PngReader, outside the calls.
#include <png.h>

#include <csetjmp>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "engine/vision/decode.h"

namespace tandem {
namespace {

constexpr std::size_t largest_chunk = std::size_t{8} << 20;
constexpr png_uint_32 most_chunks = 256;
// Chunks beside the pixels, unpacked: what Pillow allows for texts.
constexpr std::size_t most_chunk_bytes = std::size_t{64} << 20;

class PngReader {
public:
    explicit PngReader(PictureBytes bytes) : bytes_(bytes) {
        png_ = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, this, &PngReader::on_error, &PngReader::on_warning, this,
                                        &PngReader::on_allocate, &PngReader::on_free);
        info_ = png_ == nullptr ? nullptr : png_create_info_struct(png_);
    }
    ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }
    PngReader(const PngReader&) = delete;
    PngReader& operator=(const PngReader&) = delete;

    const std::string& fault() const { return fault_; }
    bool took_too_much() const { return took_too_much_; }
    std::int64_t height() const { return png_get_image_height(png_, info_); }
    std::int64_t width() const { return png_get_image_width(png_, info_); }
    bool is_deep_grey() const {
        return png_get_bit_depth(png_, info_) == 16 && png_get_color_type(png_, info_) == PNG_COLOR_TYPE_GRAY;
    }

    bool read_header() {
        if (info_ == nullptr) {
            fault_ = "there is no memory for it";
            return false;
        }
        if (setjmp(png_jmpbuf(png_)) != 0) {
            return false;
        }
        png_set_read_fn(png_, this, &PngReader::on_read);
        png_set_user_limits(png_, 0x7FFFFFFF, 0x7FFFFFFF);  // check_stored_size has the real bound
        png_set_chunk_malloc_max(png_, largest_chunk);
        png_set_chunk_cache_max(png_, most_chunks);
        png_read_info(png_, info_);
        return !took_too_much_;
    }

    // The rows of `picture`, which has the header's size, and what follows them.
    bool read_pixels(Picture& picture) {
        rows_.resize(static_cast<std::size_t>(picture.height));
        for (std::int64_t row = 0; row < picture.height; ++row) {
            rows_[static_cast<std::size_t>(row)] = picture.at(row, 0);
        }
        // Two rows as they are stored, and some to spare.
        allowed_ += 4 * (png_get_rowbytes(png_, info_) + static_cast<std::size_t>(picture.width) * 8);
        if (setjmp(png_jmpbuf(png_)) != 0) {
            return false;
        }
        png_set_strip_16(png_);
        png_set_palette_to_rgb(png_);
        png_set_expand_gray_1_2_4_to_8(png_);
        png_set_gray_to_rgb(png_);
        png_set_strip_alpha(png_);
        png_set_interlace_handling(png_);
        png_read_update_info(png_, info_);
        if (png_get_rowbytes(png_, info_) != static_cast<std::size_t>(picture.width) * 3) {
            fault_ = "its pixels have an unknown layout";
            return false;
        }
        png_read_image(png_, rows_.data());
        png_read_end(png_, info_);
        return !took_too_much_;
    }

    int orientation() const {
        png_uint_32 size = 0;
        png_bytep exif = nullptr;
        std::optional<int> stated;
        if (png_get_eXIf_1(png_, info_, &size, &exif) != 0 && exif != nullptr) {
            stated = exif_orientation({reinterpret_cast<const std::byte*>(exif), size});
        }
        png_textp texts = nullptr;
        const int count = png_get_text(png_, info_, &texts, nullptr);
        for (int i = 0; i < count && !stated; ++i) {
            if (std::strcmp(texts[i].key, "XML:com.adobe.xmp") == 0 && texts[i].text != nullptr) {
                stated = xmp_orientation(texts[i].text);
            }
        }
        return stated.value_or(1);
    }

private:
    static PngReader& self(png_structp png) { return *static_cast<PngReader*>(png_get_error_ptr(png)); }
    static void on_error(png_structp png, png_const_charp message) {
        self(png).fault_ = message;
        longjmp(png_jmpbuf(png), 1);
    }
    // libpng goes on without a text that it has no memory for, in which the orientation may be: took_too_much_ stays.
    static png_voidp on_allocate(png_structp png, png_alloc_size_t size) {
        auto& reader = *static_cast<PngReader*>(png_get_mem_ptr(png));
        if (size > reader.allowed_ - reader.taken_) {
            reader.took_too_much_ = true;
            return nullptr;
        }
        void* block = std::malloc(size + alignof(std::max_align_t));
        if (block == nullptr) {
            return nullptr;
        }
        std::memcpy(block, &size, sizeof(size));
        reader.taken_ += size;
        return static_cast<std::byte*>(block) + alignof(std::max_align_t);
    }
    static void on_free(png_structp png, png_voidp data) {
        void* block = static_cast<std::byte*>(data) - alignof(std::max_align_t);
        png_alloc_size_t size = 0;
        std::memcpy(&size, block, sizeof(size));
        static_cast<PngReader*>(png_get_mem_ptr(png))->taken_ -= size;
        std::free(block);
    }
    // An ancillary chunk that is wrong changes no pixel.
    static void on_warning(png_structp, png_const_charp) {}
    static void on_read(png_structp png, png_bytep out, png_size_t size) {
        auto& reader = *static_cast<PngReader*>(png_get_io_ptr(png));
        if (size > reader.bytes_.size() - reader.at_) {
            png_error(png, "the file ends too early");
        }
        std::memcpy(out, reader.bytes_.data() + reader.at_, size);
        reader.at_ += size;
    }

    PictureBytes bytes_;
    std::size_t at_ = 0;
    png_structp png_ = nullptr;
    png_infop info_ = nullptr;
    std::size_t allowed_ = most_chunk_bytes;
    std::size_t taken_ = 0;
    bool took_too_much_ = false;
    std::vector<png_bytep> rows_;
    std::string fault_;
};

Error fault_of(const PngReader& reader, const std::string& name) {
    if (reader.took_too_much()) {
        return large_picture(
            "what the file has beside its pixels takes more than " + std::to_string(most_chunk_bytes) + " bytes", name);
    }
    return damaged_picture(reader.fault(), name);
}

}  // namespace

Result<StoredPicture> decode_png(PictureBytes bytes, const std::string& name, std::int64_t pixels) {
    PngReader reader(bytes);
    if (!reader.read_header()) {
        return fault_of(reader, name);
    }
    TANDEM_TRY(check_stored_size(reader.height(), reader.width(), pixels, name));
    if (reader.is_deep_grey()) {
        return picture_format(
            "the picture is greyscale of 16 bits, of which Pillow makes white all but the darkest 256th: convert it to "
            "8 "
            "bits first",
            name);
    }
    StoredPicture stored{.picture = Picture::black(reader.height(), reader.width())};
    if (!reader.read_pixels(stored.picture)) {
        return fault_of(reader, name);
    }
    stored.orientation = reader.orientation();
    return stored;
}

}  // namespace tandem
