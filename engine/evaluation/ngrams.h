// Sequences of symbols and their n-grams as numbers: equal n-grams of the sequences of one segment have equal numbers,
// so that counting is arithmetic. Exact: nothing is hashed without being compared. Thread rule: plain data.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tandem::scores {

using Symbols = std::vector<std::uint32_t>;

// Numbers for words, in the order they are first seen.
class WordNumbers {
public:
    std::uint32_t of(std::u32string_view word);
    Symbols of(const std::vector<std::u32string_view>& words);

private:
    std::unordered_map<std::u32string, std::uint32_t> numbers_;
};

// The n-grams of several sequences, one order after another, from 1 up. Linear in the sequences for each order.
class Ngrams {
public:
    explicit Ngrams(std::vector<Symbols> sequences);
    void next_order();
    // How often each n-gram stands in sequence `i`, by its number.
    std::span<const std::uint32_t> counts(std::size_t i) const { return counts_[i]; }
    // N-grams in sequence `i`, repeated ones counted each time.
    std::size_t total(std::size_t i) const { return grams_[i].size(); }

private:
    void count();

    std::vector<Symbols> symbols_;
    std::vector<Symbols> grams_;  // the number of the n-gram that begins at each position
    std::vector<Symbols> counts_;
    std::size_t order_ = 1;
    std::uint32_t kinds_ = 0;
};

}  // namespace tandem::scores
