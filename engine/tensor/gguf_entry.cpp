#include "engine/tensor/gguf_entry.h"

#include <type_traits>
#include <utility>

#include "engine/api/utf8.h"

namespace tandem {
namespace {

Error entry_error(const char* code, const std::string& key, const std::string& message) {
    return {.code = code,
            .message = "metadata key '" + printable(key) + "' " + message + "; nothing was written",
            .kind = ErrorKind::bad_input};
}

template <class T>
void put(std::string& bytes, T value) {
    bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void put_text(std::string& bytes, const std::string& text) {
    put<std::uint64_t>(bytes, text.size());
    bytes += text;
}

class Encoder {
public:
    Encoder(const std::string& key, GgufKind kind) : key_(key), kind_(kind) {}

    Result<void> one(std::int64_t value) {
        switch (kind_) {
            case GgufKind::u8:
                return narrow<std::uint8_t>(value);
            case GgufKind::i8:
                return narrow<std::int8_t>(value);
            case GgufKind::u16:
                return narrow<std::uint16_t>(value);
            case GgufKind::i16:
                return narrow<std::int16_t>(value);
            case GgufKind::u32:
                return narrow<std::uint32_t>(value);
            case GgufKind::i32:
                return narrow<std::int32_t>(value);
            case GgufKind::u64:
                return narrow<std::uint64_t>(value);
            case GgufKind::i64:
                return narrow<std::int64_t>(value);
            default:
                return wrong_kind("an integer");
        }
    }

    Result<void> one(double value) {
        if (kind_ == GgufKind::f32) {
            put(bytes, static_cast<float>(value));
        } else if (kind_ == GgufKind::f64) {
            put(bytes, value);
        } else {
            return wrong_kind("a float");
        }
        return {};
    }

    Result<void> one(bool value) {
        if (kind_ != GgufKind::boolean) {
            return wrong_kind("a bool");
        }
        put<std::uint8_t>(bytes, value ? 1 : 0);
        return {};
    }

    Result<void> one(const std::string& value) {
        if (kind_ != GgufKind::string) {
            return wrong_kind("a string");
        }
        put_text(bytes, value);
        return {};
    }

    template <class T>
    Result<void> list(const std::vector<T>& values) {
        put(bytes, static_cast<std::uint32_t>(kind_));
        put<std::uint64_t>(bytes, values.size());
        for (const auto& value : values) {
            TANDEM_TRY(one(static_cast<const T&>(value)));
        }
        return {};
    }

    std::string bytes;

private:
    template <class T>
    Result<void> narrow(std::int64_t value) {
        if (!std::in_range<T>(value)) {
            return entry_error("GGUF_KV_RANGE", key_,
                               "is to hold " + std::to_string(value) + ", which its " + std::to_string(sizeof(T) * 8) +
                                   (std::is_signed_v<T> ? "-bit" : "-bit unsigned") + " integer cannot");
        }
        put(bytes, static_cast<T>(value));
        return {};
    }

    Result<void> wrong_kind(const char* found) const {
        return entry_error(
            "GGUF_KV_TYPE", key_,
            std::string("is given ") + found + " for value type " + std::to_string(static_cast<std::uint32_t>(kind_)));
    }

    const std::string& key_;
    GgufKind kind_;
};

}  // namespace

Result<GgufEntry> make_gguf_entry(std::string key, GgufKind kind, const GgufValue& value) {
    if (key.empty() || key.size() > 65535 || key.find('\0') != std::string::npos || find_invalid_utf8(key)) {
        return entry_error("GGUF_KV_NAME", key, "is empty, no text or longer than 65535 bytes");
    }
    Encoder encoder(key, kind);
    bool is_list = false;
    const Result<void> encoded = std::visit(
        [&](const auto& held) {
            using Held = std::decay_t<decltype(held)>;
            constexpr bool is_one = std::is_arithmetic_v<Held> || std::is_same_v<Held, std::string>;
            is_list = !is_one;
            if constexpr (is_one) {
                return encoder.one(held);
            } else {
                return encoder.list(held);
            }
        },
        value);
    if (!encoded) {
        return encoded.error();
    }
    return GgufEntry{std::move(key), is_list ? GgufKind::array : kind, std::move(encoder.bytes)};
}

GgufEntry copy_of(const GgufStored& stored) {
    return {stored.key, stored.kind,
            std::string(reinterpret_cast<const char*>(stored.bytes.data()), stored.bytes.size())};
}

}  // namespace tandem
