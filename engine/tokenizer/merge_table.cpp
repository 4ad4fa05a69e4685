#include "engine/tokenizer/merge_table.h"

#include <bit>

namespace tandem {

void MergeTable::reserve(std::size_t merges) {
    slots_.assign(std::bit_ceil(merges * 2 + 2), Merge{});
    mask_ = slots_.size() - 1;
}

void MergeTable::put(TokenId left, TokenId right, std::uint32_t rank, TokenId merged) {
    const std::uint64_t pair = pair_of(left, right);
    std::size_t at = mix(pair) & mask_;
    while (slots_[at].pair != no_pair && slots_[at].pair != pair) {
        at = (at + 1) & mask_;
    }
    slots_[at] = {.pair = pair, .rank = rank, .merged = merged};
}

}  // namespace tandem
