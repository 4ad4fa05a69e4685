// What two neighbouring tokens merge into, and how early: a hash table with open addressing.
// Thread rule: const after the last put, shared freely. Errors: none.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/tokenizer/tokenizer.h"

namespace tandem {

class MergeTable {
public:
    struct Merge {
        std::uint64_t pair = no_pair;
        std::uint32_t rank = 0;  // the lowest merges first
        TokenId merged = 0;
    };

    void reserve(std::size_t merges);
    // Of equal pairs the last counts. At most as many as were reserved.
    void put(TokenId left, TokenId right, std::uint32_t rank, TokenId merged);
    const Merge* find(TokenId left, TokenId right) const {
        const std::uint64_t pair = pair_of(left, right);
        for (std::size_t at = mix(pair) & mask_; slots_[at].pair != no_pair; at = (at + 1) & mask_) {
            if (slots_[at].pair == pair) {
                return &slots_[at];
            }
        }
        return nullptr;
    }

private:
    static constexpr std::uint64_t no_pair = ~std::uint64_t{0};
    static std::uint64_t pair_of(TokenId left, TokenId right) {
        return (static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32) | static_cast<std::uint32_t>(right);
    }
    static std::size_t mix(std::uint64_t pair) {
        pair *= 0x9E3779B97F4A7C15ULL;
        return static_cast<std::size_t>(pair ^ (pair >> 29));
    }

    std::vector<Merge> slots_ = std::vector<Merge>(2);  // a power of two, at most half full
    std::size_t mask_ = 1;
};

}  // namespace tandem
