#include "engine/evaluation/ngrams.h"

#include <algorithm>
#include <utility>

namespace tandem::scores {

std::uint32_t WordNumbers::of(std::u32string_view word) {
    return numbers_.emplace(word, static_cast<std::uint32_t>(numbers_.size())).first->second;
}

Symbols WordNumbers::of(const std::vector<std::u32string_view>& words) {
    Symbols symbols;
    symbols.reserve(words.size());
    for (const std::u32string_view word : words) {
        symbols.push_back(of(word));
    }
    return symbols;
}

Ngrams::Ngrams(std::vector<Symbols> sequences) : symbols_(std::move(sequences)) {
    std::unordered_map<std::uint32_t, std::uint32_t> numbers;
    for (Symbols& sequence : symbols_) {
        for (std::uint32_t& symbol : sequence) {
            symbol = numbers.emplace(symbol, static_cast<std::uint32_t>(numbers.size())).first->second;
        }
    }
    kinds_ = static_cast<std::uint32_t>(numbers.size());
    grams_ = symbols_;
    count();
}

void Ngrams::next_order() {
    // An n-gram is the (n-1)-gram it begins with and its last symbol: a pair of numbers.
    std::unordered_map<std::uint64_t, std::uint32_t> numbers;
    for (std::size_t i = 0; i < symbols_.size(); ++i) {
        Symbols& grams = grams_[i];
        const std::size_t size = symbols_[i].size() < order_ + 1 ? 0 : symbols_[i].size() - order_;
        for (std::size_t at = 0; at < size; ++at) {
            const std::uint64_t pair = (std::uint64_t{grams[at]} << 32) | symbols_[i][at + order_];
            grams[at] = numbers.emplace(pair, static_cast<std::uint32_t>(numbers.size())).first->second;
        }
        grams.resize(size);
    }
    ++order_;
    kinds_ = static_cast<std::uint32_t>(numbers.size());
    count();
}

void Ngrams::count() {
    counts_.assign(grams_.size(), Symbols(kinds_, 0));
    for (std::size_t i = 0; i < grams_.size(); ++i) {
        for (const std::uint32_t gram : grams_[i]) {
            ++counts_[i][gram];
        }
    }
}

}  // namespace tandem::scores
