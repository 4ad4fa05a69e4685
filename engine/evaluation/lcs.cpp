#include "engine/evaluation/lcs.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <unordered_map>

namespace tandem::scores {
namespace {

constexpr std::size_t bits = 64;

using Words = std::vector<std::uint64_t>;

std::size_t words_for(const Symbols& b) {
    return (b.size() + bits - 1) / bits;
}

// One row of the table after another. Bit j of a row is 0 where the length grows from column j to j + 1: the row for
// the first i symbols of `a` follows from that for i - 1 by one addition with carry (Hyyrö 2004).
template <class Seen>
void for_each_row(const Symbols& a, const Symbols& b, Seen seen) {
    const std::size_t width = words_for(b);
    std::unordered_map<std::uint32_t, Words> places;
    for (const std::uint32_t symbol : a) {
        places.try_emplace(symbol);
    }
    for (std::size_t j = 0; j < b.size(); ++j) {
        if (const auto found = places.find(b[j]); found != places.end()) {
            found->second.resize(width);
            found->second[j / bits] |= std::uint64_t{1} << (j % bits);
        }
    }
    Words row(width, ~std::uint64_t{0});
    for (const std::uint32_t symbol : a) {
        const Words& matches = places.find(symbol)->second;
        if (!matches.empty()) {
            std::uint64_t carry = 0;
            for (std::size_t w = 0; w < width; ++w) {
                const std::uint64_t both = row[w] & matches[w];
                const std::uint64_t sum = row[w] + both, with_carry = sum + carry;
                carry = static_cast<std::uint64_t>(sum < both) | static_cast<std::uint64_t>(with_carry < carry);
                row[w] = with_carry | (row[w] & ~matches[w]);
            }
        }
        seen(row);
    }
}

bool grows(const std::uint64_t* row, std::size_t j) {
    return ((row[j / bits] >> (j % bits)) & 1) == 0;
}

// The length in the first `columns` columns of a row.
std::size_t length_in(const std::uint64_t* row, std::size_t columns) {
    std::size_t zeros = 0;
    for (std::size_t w = 0; w < columns / bits; ++w) {
        zeros += static_cast<std::size_t>(std::popcount(~row[w]));
    }
    if (const std::size_t rest = columns % bits; rest != 0) {
        zeros += static_cast<std::size_t>(std::popcount(~row[columns / bits] & ((std::uint64_t{1} << rest) - 1)));
    }
    return zeros;
}

}  // namespace

std::size_t lcs_length(const Symbols& a, const Symbols& b) {
    if (a.empty() || b.empty()) {
        return 0;
    }
    Words last;
    for_each_row(a, b, [&, left = a.size()](const Words& row) mutable {
        if (--left == 0) {
            last = row;
        }
    });
    return length_in(last.data(), b.size());
}

std::size_t lcs_positions_bytes(const Symbols& a, const Symbols& b) {
    return a.size() * words_for(b) * sizeof(std::uint64_t);
}

std::vector<std::size_t> lcs_positions(const Symbols& a, const Symbols& b) {
    std::vector<std::size_t> positions;
    if (a.empty() || b.empty()) {
        return positions;
    }
    const std::size_t width = words_for(b);
    Words table;
    table.reserve(a.size() * width);
    for_each_row(a, b, [&](const Words& row) { table.insert(table.end(), row.begin(), row.end()); });
    const auto row = [&](std::size_t i) { return table.data() + (i - 1) * width; };
    std::size_t i = a.size(), j = b.size();
    while (i > 0 && j > 0) {
        if (a[i - 1] == b[j - 1]) {
            positions.push_back(i - 1);
            --i;
            --j;
        } else if (!grows(row(i), j - 1) && length_in(row(i), j) > (i == 1 ? 0 : length_in(row(i - 1), j))) {
            --j;
        } else {
            --i;
        }
    }
    std::reverse(positions.begin(), positions.end());
    return positions;
}

}  // namespace tandem::scores
