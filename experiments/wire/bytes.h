// Little-endian numbers and lengths to and from bytes; a reader that never reads past its end. Thread rule: one thread
// at a time.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::wire {

using Bytes = std::vector<std::byte>;

inline std::span<const std::byte> as_bytes(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}
inline std::string_view as_text(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

class ByteWriter {
public:
    explicit ByteWriter(Bytes& out) : out_(out) {}

    template <std::integral T>
    void number(T value) {
        auto bits = static_cast<std::make_unsigned_t<T>>(value);
        for (std::size_t i = 0; i < sizeof(T); ++i) {
            out_.push_back(static_cast<std::byte>(bits & 0xFFU));
            if constexpr (sizeof(T) > 1) {
                bits = static_cast<std::make_unsigned_t<T>>(bits >> 8U);
            }
        }
    }
    void number(double value) { number(std::bit_cast<std::uint64_t>(value)); }
    void raw(std::span<const std::byte> bytes) { out_.insert(out_.end(), bytes.begin(), bytes.end()); }
    void raw(std::string_view text) { raw(as_bytes(text)); }

private:
    Bytes& out_;
};

// After the first read past the end every read gives zero or nothing, and ok() is false.
class ByteReader {
public:
    explicit ByteReader(std::span<const std::byte> bytes) : rest_(bytes) {}

    template <std::integral T>
    T number() {
        std::make_unsigned_t<T> bits = 0;
        const auto bytes = raw(sizeof(T));
        for (std::size_t i = bytes.size(); i > 0; --i) {
            if constexpr (sizeof(T) > 1) {
                bits = static_cast<std::make_unsigned_t<T>>(bits << 8U);
            }
            bits = static_cast<std::make_unsigned_t<T>>(bits | std::to_integer<std::make_unsigned_t<T>>(bytes[i - 1]));
        }
        return static_cast<T>(bits);
    }
    double real() { return std::bit_cast<double>(number<std::uint64_t>()); }
    std::span<const std::byte> raw(std::size_t size) {
        if (!ok_ || size > rest_.size()) {
            ok_ = false;
            return {};
        }
        const auto taken = rest_.first(size);
        rest_ = rest_.subspan(size);
        return taken;
    }
    std::string_view text(std::size_t size) { return as_text(raw(size)); }
    std::span<const std::byte> rest() { return raw(rest_.size()); }

    std::size_t left() const { return rest_.size(); }
    bool ok() const { return ok_; }
    bool finished() const { return ok_ && rest_.empty(); }

private:
    std::span<const std::byte> rest_;
    bool ok_ = true;
};

}  // namespace tandem::wire
