// Which tokens of one tokenizer say the same text as each token of another, by the bytes of the text that both were
// made of. No torch. Thread rule: stateless.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/tokenizer/byte_span.h"

namespace tandem {

// Positions first ... behind - 1 of the other sequence; never empty.
struct PositionRange {
    std::int32_t first = 0;
    std::int32_t behind = 1;

    friend bool operator==(const PositionRange&, const PositionRange&) = default;
};

// Of each token of `target` the positions of `source` whose spans share a byte with its own: from the first such to the
// last. A token that shares none (a special token, one of a template, white space that the other tokenizer drops) has
// the nearest position before it: the last one of those that end at or before its place; where there is none, the
// first. `source` must not be empty. Linear where both run forward through the text, as tokenizers' spans do.
std::vector<PositionRange> align(std::span<const ByteSpan> target, std::span<const ByteSpan> source);

}  // namespace tandem
