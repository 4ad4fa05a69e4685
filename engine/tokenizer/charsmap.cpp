#include "engine/tokenizer/charsmap.h"

#include "engine/api/utf8.h"
#include "engine/tokenizer/graphemes.h"
#include "engine/tokenizer/tokenizer_error.h"
#include "engine/tokenizer/unicode.h"

namespace tandem {
namespace {

constexpr std::size_t longest_grapheme = 5;  // in bytes; a longer one is taken character by character

// The layout of a unit is that of Darts-clone (Yata, "Prefix/Patricia trie dictionaries", darts.h).
bool has_leaf(std::uint32_t unit) {
    return ((unit >> 8) & 1) != 0;
}
std::uint32_t label(std::uint32_t unit) {
    return unit & ((1U << 31) | 0xFF);
}
std::uint32_t offset(std::uint32_t unit) {
    return (unit >> 10) << ((unit & (1U << 9)) >> 6);
}
std::uint32_t value(std::uint32_t unit) {
    return unit & ((1U << 31) - 1);
}

std::uint32_t read_u32(std::string_view bytes, std::size_t at) {
    std::uint32_t number = 0;
    for (std::size_t i = 4; i-- > 0;) {
        number = (number << 8) | static_cast<unsigned char>(bytes[at + i]);
    }
    return number;
}

}  // namespace

Result<std::shared_ptr<const Charsmap>> Charsmap::parse(std::string_view bytes, const std::string& origin) {
    const auto refuse = [&](const std::string& what) {
        return config_error("the precompiled_charsmap " + what, origin);
    };
    if (bytes.size() < 8) {
        return refuse("has " + std::to_string(bytes.size()) + " bytes, need at least 8");
    }
    const std::size_t trie_bytes = read_u32(bytes, 0);
    if (trie_bytes < 4 || trie_bytes % 4 != 0 || trie_bytes > bytes.size() - 4) {
        return refuse("says that its trie has " + std::to_string(trie_bytes) + " bytes, of " +
                      std::to_string(bytes.size() - 4) + " that follow");
    }
    std::shared_ptr<Charsmap> map(new Charsmap());
    map->units_.reserve(trie_bytes / 4);
    for (std::size_t at = 4; at < 4 + trie_bytes; at += 4) {
        map->units_.push_back(read_u32(bytes, at));
    }
    map->replaced_ = bytes.substr(4 + trie_bytes);
    if (find_invalid_utf8(map->replaced_)) {
        return refuse("has replacements that are not UTF-8");
    }
    map->ascii_.resize(0x80);
    for (unsigned char c = 0; c < 0x80; ++c) {
        const char byte = static_cast<char>(c);
        map->ascii_[c] = map->look_up({&byte, 1}).value_or(std::string_view());
    }
    return std::shared_ptr<const Charsmap>(std::move(map));
}

std::optional<std::string_view> Charsmap::look_up(std::string_view part) const {
    std::size_t at = offset(units_[0]);
    for (const char c : part) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte == 0) {
            break;
        }
        at ^= byte;
        if (at >= units_.size() || label(units_[at]) != byte) {
            break;
        }
        const std::uint32_t unit = units_[at];
        at ^= offset(unit);
        if (at >= units_.size()) {
            break;
        }
        if (has_leaf(unit)) {
            const std::size_t from = value(units_[at]);
            if (from > replaced_.size() || (from < replaced_.size() && (replaced_[from] & 0xC0) == 0x80)) {
                break;
            }
            const std::size_t to = std::min(replaced_.find('\0', from), replaced_.size());
            return std::string_view(replaced_).substr(from, to - from);
        }
    }
    return std::nullopt;
}

std::optional<std::string_view> Charsmap::replacement(std::string_view part) const {
    const auto first = static_cast<unsigned char>(part[0]);
    if (first < 0x80 && part.size() == 1) {
        return ascii_[first].data() == nullptr ? std::nullopt : std::optional(ascii_[first]);
    }
    return look_up(part);
}

void Charsmap::append_normalised(std::string_view text, std::string& result, std::size_t& leading) const {
    const std::size_t start = result.size();
    std::size_t begin = 0;
    std::size_t kept_leading = 0;
    // What replaces a leading part is leading; and where the first parts vanish, the next one takes their place.
    const auto put = [&](std::string_view part, std::size_t at) {
        if (at < leading || (result.size() == start && at > 0)) {
            kept_leading = result.size() - start + part.size();
        }
        result += part;
    };
    while (begin < text.size()) {
        const auto byte = static_cast<unsigned char>(text[begin]);
        const bool alone = byte < 0x80 && byte != '\r' &&
                           (begin + 1 == text.size() || static_cast<unsigned char>(text[begin + 1]) < 0x80);
        const std::size_t end = alone ? begin + 1 : grapheme_end(text, begin);
        const std::string_view grapheme = text.substr(begin, end - begin);
        if (grapheme.size() <= longest_grapheme) {
            if (const auto whole = replacement(grapheme)) {
                put(*whole, begin);
                begin = end;
                continue;
            }
        }
        for (std::size_t at = 0; at < grapheme.size();) {
            const std::string_view one = grapheme.substr(at, unicode::char_size(grapheme[at]));
            put(replacement(one).value_or(one), begin + at);
            at += one.size();
        }
        begin = end;
    }
    leading = leading == 0 ? 0 : kept_leading;
}

}  // namespace tandem
