#include "engine/tokenizer/piece_trie.h"

#include <bit>

namespace tandem {

PieceTrie::PieceTrie() {
    resize(64);
}

void PieceTrie::resize(std::size_t slots) {
    std::vector<Slot> old(slots);
    old.swap(slots_);
    mask_ = slots - 1;
    for (const Slot& slot : old) {
        if (slot.key != 0) {
            place_for(slot.key) = slot;
        }
    }
}

void PieceTrie::reserve(std::size_t bytes) {
    const std::size_t slots = std::bit_ceil(bytes * 2 + 64);
    if (slots > slots_.size()) {
        resize(slots);
    }
}

PieceTrie::Slot& PieceTrie::place_for(std::uint64_t key) {
    std::size_t at = slot_of(key);
    while (slots_[at].key != 0 && slots_[at].key != key) {
        at = (at + 1) & mask_;
    }
    return slots_[at];
}

void PieceTrie::add(std::string_view text, TokenId id) {
    if (text.empty()) {
        return;
    }
    Place& first = first_[static_cast<unsigned char>(text[0])];
    if (first.node == 0) {
        first.node = nodes_++;
    }
    if (text.size() == 1) {
        first.id = id;
        return;
    }
    std::uint32_t node = first.node;
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (used_ * 2 >= slots_.size()) {
            resize(slots_.size() * 2);
        }
        const std::uint64_t key = key_of(node, text[i]);
        Slot& slot = place_for(key);
        if (slot.key == 0) {
            slot = {.key = key, .node = nodes_++};
            ++used_;
        }
        if (i + 1 == text.size()) {
            slot.id = id;
        }
        node = slot.node;
    }
}

std::optional<PieceTrie::Place> PieceTrie::walk(std::string_view text) const {
    Place place = root();
    for (const char byte : text) {
        if (!step(place, byte)) {
            return std::nullopt;
        }
    }
    return place;
}

std::optional<TokenId> PieceTrie::find(std::string_view text) const {
    const auto place = walk(text);
    return place && place->id >= 0 ? std::optional<TokenId>(place->id) : std::nullopt;
}

}  // namespace tandem
