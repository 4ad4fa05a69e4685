#include "engine/pairing/alignment.h"

#include <algorithm>

namespace tandem {
namespace {

bool runs_forward(std::span<const ByteSpan> spans) {
    return std::ranges::adjacent_find(spans, [](const ByteSpan& a, const ByteSpan& b) {
               return b.first < a.first || b.last < a.last;
           }) == spans.end();
}

bool overlap(const ByteSpan& a, const ByteSpan& b) {
    return std::max(a.first, b.first) < std::min(a.last, b.last);
}

// Looks at source positions from `from` on, which is moved past those that no later token can need.
PositionRange range_of(const ByteSpan& token, std::span<const ByteSpan> source, std::size_t from, std::size_t until) {
    PositionRange found{.first = -1, .behind = 0};
    std::int32_t before = 0;
    for (std::size_t i = from; i < until; ++i) {
        const auto position = static_cast<std::int32_t>(i);
        if (overlap(token, source[i])) {
            found.first = found.first < 0 ? position : found.first;
            found.behind = position + 1;
        } else if (source[i].last <= token.first) {
            before = position;
        }
    }
    return found.first < 0 ? PositionRange{.first = before, .behind = before + 1} : found;
}

}  // namespace

std::vector<PositionRange> align(std::span<const ByteSpan> target, std::span<const ByteSpan> source) {
    std::vector<PositionRange> ranges;
    ranges.reserve(target.size());
    const bool forward = runs_forward(target) && runs_forward(source);
    std::size_t from = 0;   // the last position that ends at or before the token's first byte, once there is one
    std::size_t until = 0;  // behind the last position that begins before the token's last byte
    for (const ByteSpan& token : target) {
        if (!forward) {
            ranges.push_back(range_of(token, source, 0, source.size()));
            continue;
        }
        while (from + 1 < source.size() && source[from + 1].last <= token.first) {
            ++from;
        }
        until = std::max(until, from + 1);
        while (until < source.size() && source[until].first < token.last) {
            ++until;
        }
        ranges.push_back(range_of(token, source, from, until));
    }
    return ranges;
}

}  // namespace tandem
