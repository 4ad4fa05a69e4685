// Bytes first ... last - 1 of a text. Thread rule: plain data.
#pragma once

#include <cstddef>

namespace tandem {

struct ByteSpan {
    std::size_t first = 0;
    std::size_t last = 0;

    friend bool operator==(const ByteSpan&, const ByteSpan&) = default;
};

}  // namespace tandem
