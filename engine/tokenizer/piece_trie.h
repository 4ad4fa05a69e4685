// Pieces of text by their bytes: walks a text and tells at each step which piece ends there. Building and walking take
// time in proportion to the bytes. Thread rule: const after the last add, shared freely. Errors: none.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/tokenizer/tokenizer.h"

namespace tandem {

class PieceTrie {
public:
    // A place in the trie, and the piece that ends there (-1: none).
    struct Place {
        std::uint32_t node = 0;
        TokenId id = -1;
    };
    static constexpr Place root() { return {}; }

    PieceTrie();
    // The last of equal texts counts; an empty text is never found.
    void add(std::string_view text, TokenId id);
    void reserve(std::size_t bytes);

    // False: no piece goes on with this byte.
    bool step(Place& place, char byte) const {
        if (place.node == 0) {
            const Place& next = first_[static_cast<unsigned char>(byte)];
            place = next;
            return next.node != 0;
        }
        const std::uint64_t key = key_of(place.node, byte);
        for (std::size_t at = slot_of(key);; at = (at + 1) & mask_) {
            const Slot& slot = slots_[at];
            if (slot.key == key) {
                place = {.node = slot.node, .id = slot.id};
                return true;
            }
            if (slot.key == 0) {
                return false;
            }
        }
    }
    // Where a whole text leads; absent where no piece begins with it.
    std::optional<Place> walk(std::string_view text) const;
    // The piece that is exactly `text`.
    std::optional<TokenId> find(std::string_view text) const;

private:
    struct Slot {
        std::uint64_t key = 0;  // 0: free
        std::uint32_t node = 0;
        TokenId id = -1;
    };
    static std::uint64_t key_of(std::uint32_t node, char byte) {
        return (std::uint64_t{node} << 8) | static_cast<unsigned char>(byte);
    }
    std::size_t slot_of(std::uint64_t key) const {
        key *= 0x9E3779B97F4A7C15ULL;
        return static_cast<std::size_t>(key >> 32) & mask_;
    }
    Slot& place_for(std::uint64_t key);
    void resize(std::size_t slots);

    std::array<Place, 256> first_{};
    std::vector<Slot> slots_;  // open addressing, a power of two, at most half full
    std::size_t mask_ = 0;
    std::size_t used_ = 0;
    std::uint32_t nodes_ = 1;
};

}  // namespace tandem
