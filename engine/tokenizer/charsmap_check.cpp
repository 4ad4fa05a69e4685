#include "engine/tokenizer/charsmap_check.h"

#include <cstdint>
#include <cstring>
#include <vector>

#include "engine/api/utf8.h"

namespace tandem {
namespace {

// One unit of the double array, as darts-clone lays it out.
struct Unit {
    std::uint32_t bits = 0;
    bool has_leaf() const { return ((bits >> 8) & 1U) == 1; }
    std::uint32_t value() const { return bits & 0x7FFFFFFFU; }
    std::uint32_t label() const { return bits & (0x80000000U | 0xFFU); }
    std::uint32_t offset() const { return (bits >> 10) << ((bits & (1U << 9)) >> 6); }
};

}  // namespace

bool charsmap_is_sound(std::string_view charsmap) {
    if (charsmap.empty()) {
        return true;
    }
    std::uint32_t trie_bytes = 0;
    if (charsmap.size() <= sizeof(trie_bytes)) {
        return false;
    }
    std::memcpy(&trie_bytes, charsmap.data(), sizeof(trie_bytes));
    charsmap.remove_prefix(sizeof(trie_bytes));
    if (trie_bytes >= charsmap.size() || trie_bytes < sizeof(Unit) || trie_bytes % sizeof(Unit) != 0) {
        return false;
    }
    std::vector<Unit> units(trie_bytes / sizeof(Unit));
    std::memcpy(units.data(), charsmap.data(), trie_bytes);
    const std::string_view texts = charsmap.substr(trie_bytes);
    if (texts.back() != '\0' || find_invalid_utf8(texts)) {
        return false;
    }
    // Places from which a step with any byte may be taken.
    std::vector<bool> seen(units.size(), false);
    std::vector<std::uint32_t> open{units[0].offset()};
    while (!open.empty()) {
        const std::uint32_t place = open.back();
        open.pop_back();
        if ((place | 0xFFU) >= units.size()) {
            return false;
        }
        if (seen[place]) {
            continue;
        }
        seen[place] = true;
        for (std::uint32_t byte = 0; byte < 256; ++byte) {
            const Unit unit = units[place ^ byte];
            if (unit.label() != byte) {
                continue;
            }
            const std::uint32_t next = place ^ byte ^ unit.offset();
            if (next >= units.size() || (unit.has_leaf() && units[next].value() >= texts.size())) {
                return false;
            }
            open.push_back(next);
        }
    }
    return true;
}

}  // namespace tandem
