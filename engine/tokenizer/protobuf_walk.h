// The fields of one protobuf message, one after the other (the wire format of
// protobuf.dev/programming-guides/encoding). Nothing is copied or allocated. Errors: broken() after next() gave
// nothing. Thread rule: a view on the bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tandem {

struct ProtobufField {
    enum class Kind { number, word64, bytes, word32 };
    std::uint32_t number = 0;
    Kind kind = Kind::number;
    std::uint64_t number_value = 0;  // number, word64, word32
    std::string_view bytes;          // bytes: a text or a message
};

class ProtobufWalk {
public:
    explicit ProtobufWalk(std::string_view bytes) : rest_(bytes) {}

    // Absent at the end, and where the bytes are no message.
    std::optional<ProtobufField> next() {
        if (rest_.empty() || broken_) {
            return std::nullopt;
        }
        ProtobufField field;
        const auto tag = varint();
        if (!tag || (*tag >> 3) == 0 || (*tag >> 3) > largest_number) {
            return stop();
        }
        field.number = static_cast<std::uint32_t>(*tag >> 3);
        switch (*tag & 7) {
            case 0: {
                const auto value = varint();
                if (!value) {
                    return stop();
                }
                field.number_value = *value;
                return field;
            }
            case 1:
                field.kind = ProtobufField::Kind::word64;
                return fixed(field, 8);
            case 2: {
                const auto size = varint();
                if (!size || *size > rest_.size()) {
                    return stop();
                }
                field.kind = ProtobufField::Kind::bytes;
                field.bytes = rest_.substr(0, *size);
                rest_.remove_prefix(*size);
                return field;
            }
            case 5:
                field.kind = ProtobufField::Kind::word32;
                return fixed(field, 4);
            default:  // groups, which proto2 files of today do not have
                return stop();
        }
    }

    bool broken() const { return broken_; }

private:
    static constexpr std::uint64_t largest_number = (std::uint64_t{1} << 29) - 1;

    std::optional<ProtobufField> stop() {
        broken_ = true;
        return std::nullopt;
    }

    std::optional<ProtobufField> fixed(ProtobufField field, std::size_t size) {
        if (rest_.size() < size) {
            return stop();
        }
        for (std::size_t i = 0; i < size; ++i) {
            field.number_value |= std::uint64_t{static_cast<unsigned char>(rest_[i])} << (8 * i);
        }
        rest_.remove_prefix(size);
        return field;
    }

    std::optional<std::uint64_t> varint() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 70 && !rest_.empty(); shift += 7) {
            const auto byte = static_cast<unsigned char>(rest_[0]);
            rest_.remove_prefix(1);
            if (shift == 63 && byte > 1) {
                return std::nullopt;
            }
            value |= std::uint64_t{byte & 0x7FU} << shift;
            if ((byte & 0x80U) == 0) {
                return value;
            }
        }
        return std::nullopt;
    }

    std::string_view rest_;
    bool broken_ = false;
};

}  // namespace tandem
