// Reads a GGUF's header front to back. Every read says what it wanted and where when the file ends first.
// Errors: GGUF_TRUNCATED, GGUF_STRING_PAST_EOF, GGUF_STRING_TOO_LONG. Thread rule: one owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "engine/api/result.h"

namespace tandem {

class GgufCursor {
public:
    GgufCursor(std::span<const std::byte> bytes, std::string origin) : bytes_(bytes), origin_(std::move(origin)) {}

    std::size_t offset() const { return offset_; }
    std::size_t remaining() const { return bytes_.size() - offset_; }
    std::span<const std::byte> bytes() const { return bytes_; }

    template <class T>
    Result<T> number(std::string_view what) {
        if (remaining() < sizeof(T)) {
            return fault("GGUF_TRUNCATED", "need " + std::to_string(sizeof(T)) + " bytes for " + std::string(what) +
                                               ", the file ends after " + std::to_string(remaining()));
        }
        T value;
        std::memcpy(&value, bytes_.data() + offset_, sizeof(T));
        offset_ += sizeof(T);
        return value;
    }

    // A length of 64 bits, then that many bytes; the view points into the file.
    Result<std::string_view> string(std::string_view what, std::uint64_t longest) {
        const auto length = TANDEM_TRY(number<std::uint64_t>(what));
        if (length > remaining()) {
            return fault("GGUF_STRING_PAST_EOF", std::string(what) + " claims " + std::to_string(length) +
                                                     " bytes, the file has " + std::to_string(remaining()) + " left");
        }
        if (length > longest) {
            return fault("GGUF_STRING_TOO_LONG", std::string(what) + " has " + std::to_string(length) +
                                                     " bytes, allowed are " + std::to_string(longest));
        }
        const std::string_view text(reinterpret_cast<const char*>(bytes_.data() + offset_),
                                    static_cast<std::size_t>(length));
        offset_ += text.size();
        return text;
    }

    // The caller has checked that `size` bytes remain.
    std::span<const std::byte> take(std::size_t size) {
        const auto taken = bytes_.subspan(offset_, size);
        offset_ += size;
        return taken;
    }

    Error fault(std::string_view code, const std::string& message) const {
        return {.code = std::string(code),
                .message = message + "; nothing was loaded",
                .where = origin_ + ": byte " + std::to_string(offset_),
                .kind = ErrorKind::bad_input};
    }

private:
    std::span<const std::byte> bytes_;
    std::string origin_;
    std::size_t offset_ = 0;
};

}  // namespace tandem
