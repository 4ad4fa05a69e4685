#include <limits>

#include "engine/api/utf8.h"
#include "engine/tensor/checked.h"
#include "engine/tensor/gguf_sections.h"

namespace tandem {
namespace {

using KvType = GgufKind;
constexpr std::uint32_t kv_types = 13;

constexpr std::uint64_t longest_string = 16ULL << 20;
constexpr std::uint64_t all_keys_bytes = 1ULL << 20;
constexpr std::uint64_t all_elements = 1ULL << 24;
constexpr std::uint64_t all_strings = 1ULL << 22;
constexpr std::uint32_t largest_alignment = 65536;

std::size_t fixed_size(KvType type) {
    switch (type) {
        case KvType::u8:
        case KvType::i8:
        case KvType::boolean:
            return 1;
        case KvType::u16:
        case KvType::i16:
            return 2;
        case KvType::u32:
        case KvType::i32:
        case KvType::f32:
            return 4;
        case KvType::u64:
        case KvType::i64:
        case KvType::f64:
            return 8;
        case KvType::string:
        case KvType::array:
            return 0;
    }
    return 0;
}

class MetadataReader {
public:
    explicit MetadataReader(GgufCursor& cursor) : cursor_(cursor) {}

    Result<GgufMetadata> read(std::uint64_t count) {
        for (std::uint64_t i = 0; i < count; ++i) {
            const std::string key = TANDEM_TRY(read_key());
            const std::size_t start = cursor_.offset() + sizeof(std::uint32_t);
            GgufValue value = TANDEM_TRY(read_value(key));
            result_.stored.push_back({key, last_type_, cursor_.bytes().subspan(start, cursor_.offset() - start)});
            if (key == "general.alignment") {
                TANDEM_TRY(set_alignment(value));
            }
            if (!result_.values.emplace(key, std::move(value)).second) {
                return cursor_.fault("GGUF_KV_DUPLICATE", "metadata key '" + printable(key) + "' occurs twice");
            }
        }
        TANDEM_TRY(check_scores());
        return std::move(result_);
    }

private:
    Result<std::string> read_key() {
        const std::string_view key = TANDEM_TRY(cursor_.string("a metadata key", 65535));
        if (key.empty()) {
            return cursor_.fault("GGUF_KV_EMPTY", "a metadata key is empty");
        }
        if (key.find('\0') != std::string_view::npos || find_invalid_utf8(key)) {
            return cursor_.fault("GGUF_KV_NAME", "a metadata key is not text");
        }
        keys_bytes_ += key.size();
        if (keys_bytes_ > all_keys_bytes) {
            return cursor_.fault("GGUF_KV_LIMIT",
                                 "metadata keys take more than " + std::to_string(all_keys_bytes) + " bytes together");
        }
        return std::string(key);
    }

    Result<KvType> read_type(const std::string& key) {
        const auto number = TANDEM_TRY(cursor_.number<std::uint32_t>("the type of '" + printable(key) + "'"));
        if (number >= kv_types) {
            return cursor_.fault("GGUF_KV_TYPE", "'" + printable(key) + "' has value type " + std::to_string(number) +
                                                     ", allowed are 0..12");
        }
        return static_cast<KvType>(number);
    }

    Result<GgufValue> read_value(const std::string& key) {
        last_type_ = TANDEM_TRY(read_type(key));
        if (last_type_ == KvType::array) {
            return read_array(key);
        }
        if (last_type_ == KvType::string) {
            const std::string_view text =
                TANDEM_TRY(cursor_.string("the text of '" + printable(key) + "'", longest_string));
            return GgufValue(std::string(text));
        }
        const std::size_t size = fixed_size(last_type_);
        if (cursor_.remaining() < size) {
            return cursor_.fault("GGUF_TRUNCATED", "the file ends within the value of '" + printable(key) + "'");
        }
        const std::byte* at = cursor_.take(size).data();
        switch (last_type_) {
            case KvType::f32:
            case KvType::f64:
                return GgufValue(real_at(last_type_, at));
            case KvType::boolean:
                return GgufValue(*at != std::byte{0});
            default:
                break;
        }
        std::int64_t value = 0;
        if (!integer_at(last_type_, at, value)) {
            return GgufValue(static_cast<double>(load<std::uint64_t>(at)));
        }
        return GgufValue(value);
    }

    Result<GgufValue> read_array(const std::string& key) {
        const KvType type = TANDEM_TRY(read_type(key));
        const auto count = TANDEM_TRY(cursor_.number<std::uint64_t>("the length of '" + printable(key) + "'"));
        if (type == KvType::array) {
            return cursor_.fault("GGUF_KV_NESTED",
                                 "'" + printable(key) + "' is an array of arrays, which this reader refuses");
        }
        // A string takes at least the 8 bytes of its length.
        const std::size_t least = type == KvType::string ? 8 : fixed_size(type);
        const auto bytes = checked::mul(count, least);
        if (!bytes || *bytes > cursor_.remaining()) {
            return cursor_.fault("GGUF_KV_PAST_EOF", "'" + printable(key) + "' claims " + std::to_string(count) +
                                                         " elements, the file has " +
                                                         std::to_string(cursor_.remaining()) + " bytes left");
        }
        elements_ += count;
        strings_ += type == KvType::string ? count : 0;
        if (elements_ > all_elements || strings_ > all_strings) {
            return cursor_.fault("GGUF_KV_LIMIT", "with '" + printable(key) + "' the metadata arrays hold " +
                                                      std::to_string(elements_) + " elements, allowed are " +
                                                      std::to_string(all_elements) + ", of them " +
                                                      std::to_string(all_strings) + " texts");
        }
        const auto length = static_cast<std::size_t>(count);
        switch (type) {
            case KvType::string:
                return read_strings(key, length);
            case KvType::f32:
            case KvType::f64:
                return read_reals(type, length);
            case KvType::boolean:
                return read_bools(length);
            default:
                return read_integers(type, length);
        }
    }

    Result<GgufValue> read_strings(const std::string& key, std::size_t count) {
        const std::string what = "an element of '" + printable(key) + "'";
        std::vector<std::string> values;
        values.reserve(count);
        for (std::size_t i = 0; i < count; ++i) {
            values.emplace_back(TANDEM_TRY(cursor_.string(what, longest_string)));
        }
        return GgufValue(std::move(values));
    }

    Result<GgufValue> read_reals(KvType type, std::size_t count) {
        const std::size_t size = fixed_size(type);
        const std::byte* at = cursor_.take(count * size).data();
        std::vector<double> values(count);
        for (std::size_t i = 0; i < count; ++i) {
            values[i] = real_at(type, at + i * size);
        }
        return GgufValue(std::move(values));
    }

    Result<GgufValue> read_bools(std::size_t count) {
        const std::byte* at = cursor_.take(count).data();
        std::vector<bool> values(count);
        for (std::size_t i = 0; i < count; ++i) {
            values[i] = at[i] != std::byte{0};
        }
        return GgufValue(std::move(values));
    }

    Result<GgufValue> read_integers(KvType type, std::size_t count) {
        const std::size_t size = fixed_size(type);
        const std::byte* at = cursor_.take(count * size).data();
        std::vector<std::int64_t> values(count);
        for (std::size_t i = 0; i < count; ++i) {
            if (!integer_at(type, at + i * size, values[i])) {
                return read_large_integers(at, count);
            }
        }
        return GgufValue(std::move(values));
    }

    // Numbers above 2^63 - 1 are kept as reals: what needs a whole number will refuse them.
    static GgufValue read_large_integers(const std::byte* at, std::size_t count) {
        std::vector<double> values(count);
        for (std::size_t i = 0; i < count; ++i) {
            values[i] = static_cast<double>(load<std::uint64_t>(at + i * sizeof(std::uint64_t)));
        }
        return GgufValue(std::move(values));
    }

    template <class T>
    static T load(const std::byte* at) {
        T value;
        std::memcpy(&value, at, sizeof value);
        return value;
    }

    static double real_at(KvType type, const std::byte* at) {
        return type == KvType::f32 ? static_cast<double>(load<float>(at)) : load<double>(at);
    }

    // False when the number does not fit.
    static bool integer_at(KvType type, const std::byte* at, std::int64_t& value) {
        switch (type) {
            case KvType::u8:
                value = load<std::uint8_t>(at);
                return true;
            case KvType::i8:
                value = load<std::int8_t>(at);
                return true;
            case KvType::u16:
                value = load<std::uint16_t>(at);
                return true;
            case KvType::i16:
                value = load<std::int16_t>(at);
                return true;
            case KvType::u32:
                value = load<std::uint32_t>(at);
                return true;
            case KvType::i32:
                value = load<std::int32_t>(at);
                return true;
            default:
                value = load<std::int64_t>(at);
                return type == KvType::i64 || value >= 0;
        }
    }

    Result<void> set_alignment(const GgufValue& value) {
        const auto* number = std::get_if<std::int64_t>(&value);
        if (last_type_ != KvType::u32 || number == nullptr) {
            return cursor_.fault("GGUF_ALIGNMENT", "general.alignment is not a 32-bit unsigned integer");
        }
        const auto alignment = static_cast<std::uint32_t>(*number);
        if (alignment == 0 || alignment > largest_alignment || (alignment & (alignment - 1)) != 0) {
            return cursor_.fault("GGUF_ALIGNMENT", "general.alignment is " + std::to_string(alignment) +
                                                       ", allowed are powers of two from 1 to " +
                                                       std::to_string(largest_alignment));
        }
        result_.alignment = alignment;
        return {};
    }

    // Tokenizers index the scores by token: a shorter or differently typed list would be read out of bounds.
    Result<void> check_scores() {
        const auto scores = result_.values.find("tokenizer.ggml.scores");
        const auto tokens = result_.values.find("tokenizer.ggml.tokens");
        if (scores == result_.values.end() || tokens == result_.values.end()) {
            return {};
        }
        const auto* texts = std::get_if<std::vector<std::string>>(&tokens->second);
        const auto* reals = std::get_if<std::vector<double>>(&scores->second);
        if (texts == nullptr) {
            return cursor_.fault("GGUF_KV_TYPE", "tokenizer.ggml.tokens: need string[n]");
        }
        if (reals == nullptr || reals->size() != texts->size()) {
            return cursor_.fault("GGUF_KV_TYPE", "tokenizer.ggml.scores: need float32[" +
                                                     std::to_string(texts->size()) + "], one for each token");
        }
        return {};
    }

    GgufCursor& cursor_;
    GgufMetadata result_;
    KvType last_type_ = KvType::u8;  // of the value read last
    std::uint64_t keys_bytes_ = 0;
    std::uint64_t elements_ = 0;
    std::uint64_t strings_ = 0;
};

}  // namespace

Result<GgufMetadata> read_gguf_metadata(GgufCursor& cursor, std::uint64_t count) {
    return MetadataReader(cursor).read(count);
}

}  // namespace tandem
