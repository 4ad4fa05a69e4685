// Token ids of single characters: a two-level table. Thread rule: const after the last put, shared freely. Errors:
// none.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "engine/tokenizer/tokenizer.h"

namespace tandem {

class CharIds {
public:
    CharIds() : ids_(page_size, -1) {}

    void put(char32_t code, TokenId id) {
        std::uint16_t& page = pages_[code >> page_bits];
        if (page == 0) {
            page = static_cast<std::uint16_t>(ids_.size() / page_size);
            ids_.resize(ids_.size() + page_size, -1);
        }
        ids_[page * page_size + (code & (page_size - 1))] = id;
    }
    // -1: none.
    TokenId find(char32_t code) const { return ids_[pages_[code >> page_bits] * page_size + (code & (page_size - 1))]; }

private:
    static constexpr unsigned page_bits = 8;
    static constexpr std::size_t page_size = std::size_t{1} << page_bits;
    std::array<std::uint16_t, (0x110000 >> page_bits)> pages_{};  // 0: the page without ids
    std::vector<TokenId> ids_;
};

}  // namespace tandem
