// JPEG through libjpeg-turbo, with its defaults, as Pillow has them: accurate integer DCT, smooth upsampling. Its
// errors jump: everything that a jump would skip over lives in JpegReader, outside the calls.
#include <algorithm>
#include <csetjmp>
#include <cstdio>
#include <cstring>

// after <cstdio>, which they need and do not include
#include <jerror.h>
#include <jpeglib.h>

#include "engine/vision/decode.h"

namespace tandem {
namespace {

// A progressive picture of some thousand scans takes minutes and is made for that.
constexpr int most_scans = 500;
// Of pictures whose scans come one over another all coefficients are kept until the last.
constexpr std::int64_t most_coefficient_bytes = std::int64_t{192} << 20;

class JpegReader {
public:
    explicit JpegReader(PictureBytes bytes) : bytes_(bytes) {
        info_.err = jpeg_std_error(&errors_.base);
        errors_.reader = this;
        errors_.base.error_exit = &JpegReader::on_error;
        errors_.base.emit_message = &JpegReader::on_message;
        errors_.base.output_message = [](j_common_ptr) {};
        progress_.progress_monitor = &JpegReader::on_progress;
    }
    ~JpegReader() { jpeg_destroy_decompress(&info_); }
    JpegReader(const JpegReader&) = delete;
    JpegReader& operator=(const JpegReader&) = delete;

    const std::string& fault() const { return fault_; }
    std::int64_t height() const { return info_.image_height; }
    std::int64_t width() const { return info_.image_width; }
    int components() const { return info_.num_components; }

    // What libjpeg will keep of the picture besides its rows.
    std::int64_t coefficient_bytes() {
        if (jpeg_has_multiple_scans(&info_) == 0) {
            return 0;
        }
        std::int64_t bytes = 0;
        for (int i = 0; i < info_.num_components; ++i) {
            const jpeg_component_info& part = info_.comp_info[i];
            bytes += static_cast<std::int64_t>(sizeof(JBLOCK)) * part.width_in_blocks * part.height_in_blocks;
        }
        return bytes;
    }

    bool read_header() {
        if (setjmp(jump_) != 0) {
            return false;
        }
        jpeg_create_decompress(&info_);
        info_.progress = &progress_;
        jpeg_mem_src(&info_, reinterpret_cast<const unsigned char*>(bytes_.data()), bytes_.size());
        jpeg_save_markers(&info_, JPEG_APP0 + 1, 0xFFFF);
        jpeg_read_header(&info_, TRUE);
        return true;
    }

    bool read_pixels(Picture& picture) {
        const int channels = components();
        row_.resize(static_cast<std::size_t>(picture.width * channels));
        if (setjmp(jump_) != 0) {
            return false;
        }
        info_.out_color_space = channels == 1 ? JCS_GRAYSCALE : channels == 3 ? JCS_RGB : JCS_CMYK;
        jpeg_start_decompress(&info_);
        while (info_.output_scanline < info_.output_height) {
            JSAMPROW row = row_.data();
            const std::int64_t index = info_.output_scanline;
            if (jpeg_read_scanlines(&info_, &row, 1) != 1) {
                fault_ = "its rows end too early";
                return false;
            }
            put_row(channels, picture.at(index, 0));
        }
        jpeg_finish_decompress(&info_);
        return fault_.empty();
    }

    int orientation() const {
        std::optional<int> from_exif;
        std::optional<int> from_xmp;
        for (auto marker = info_.marker_list; marker != nullptr; marker = marker->next) {
            const PictureBytes data{reinterpret_cast<const std::byte*>(marker->data), marker->data_length};
            if (const auto exif = behind(data, {"Exif\0\0", 6}); !exif.empty()) {
                from_exif = exif_orientation(exif);
            } else if (const auto xmp = behind(data, {"http://ns.adobe.com/xap/1.0/\0", 29}); !xmp.empty()) {
                from_xmp = xmp_orientation({reinterpret_cast<const char*>(xmp.data()), xmp.size()});
            }
        }
        return from_exif.value_or(from_xmp.value_or(1));
    }

private:
    struct Errors {
        jpeg_error_mgr base;
        JpegReader* reader;
    };
    static JpegReader& self(j_common_ptr info) { return *reinterpret_cast<Errors*>(info->err)->reader; }

    static void on_error(j_common_ptr info) {
        char message[JMSG_LENGTH_MAX] = {};
        info->err->format_message(info, message);
        self(info).fault_ = message;
        longjmp(self(info).jump_, 1);
    }
    // libjpeg goes on with grey where data is missing or wrong, after a warning. Other warnings change no pixel.
    static void on_message(j_common_ptr info, int level) {
        const int code = info->err->msg_code;
        const bool lost =
            code == JWRN_JPEG_EOF || code == JWRN_HIT_MARKER || code == JWRN_HUFF_BAD_CODE || code == JWRN_MUST_RESYNC;
        if (level < 0 && lost) {
            on_error(info);
        }
    }
    static void on_progress(j_common_ptr info) {
        if (info->is_decompressor != 0 && reinterpret_cast<j_decompress_ptr>(info)->input_scan_number > most_scans) {
            self(info).fault_ = "it has more than " + std::to_string(most_scans) + " scans";
            longjmp(self(info).jump_, 1);
        }
    }

    static PictureBytes behind(PictureBytes data, std::string_view start) {
        const bool has_it = data.size() > start.size() && std::memcmp(data.data(), start.data(), start.size()) == 0;
        return has_it ? data.subspan(start.size()) : PictureBytes();
    }

    void put_row(int channels, std::uint8_t* out) const {
        const std::size_t width = row_.size() / static_cast<std::size_t>(channels);
        for (std::size_t x = 0; x < width; ++x, out += 3) {
            const std::uint8_t* in = row_.data() + x * static_cast<std::size_t>(channels);
            switch (channels) {
                case 1:
                    out[0] = out[1] = out[2] = in[0];
                    break;
                case 3:
                    std::copy_n(in, 3, out);
                    break;
                default:  // ink as Adobe writes it, 255 for none: what is left of white under each ink and black
                    for (int c = 0; c < 3; ++c) {
                        const int black = 255 - in[3];
                        const int product = (255 - in[c]) * (255 - black) + 128;
                        const int left = 255 - black - ((product + (product >> 8)) >> 8);
                        out[c] = static_cast<std::uint8_t>(std::clamp(left, 0, 255));
                    }
            }
        }
    }

    PictureBytes bytes_;
    jpeg_decompress_struct info_{};
    Errors errors_{};
    jpeg_progress_mgr progress_{};
    std::jmp_buf jump_{};
    std::vector<std::uint8_t> row_;
    std::string fault_;
};

}  // namespace

Result<StoredPicture> decode_jpeg(PictureBytes bytes, const std::string& name, std::int64_t pixels) {
    JpegReader reader(bytes);
    if (!reader.read_header()) {
        return damaged_picture(reader.fault(), name);
    }
    TANDEM_TRY(check_stored_size(reader.height(), reader.width(), pixels, name));
    if (const int components = reader.components(); components != 1 && components != 3 && components != 4) {
        return picture_format("the JPEG has " + std::to_string(components) + " components; there are 1, 3 and 4", name);
    }
    if (const std::int64_t kept = reader.coefficient_bytes(); kept > most_coefficient_bytes) {
        return large_picture("the picture is stored in scans one over another, which take " + std::to_string(kept) +
                                 " bytes until the last is read, allowed are " +
                                 std::to_string(most_coefficient_bytes) + " (store it in one scan)",
                             name);
    }
    // The markers are gone once the pixels have been read.
    StoredPicture stored{.picture = Picture::black(reader.height(), reader.width()),
                         .orientation = reader.orientation()};
    if (!reader.read_pixels(stored.picture)) {
        return damaged_picture(reader.fault(), name);
    }
    return stored;
}

}  // namespace tandem
