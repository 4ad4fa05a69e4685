// What short words came out as the last time: texts repeat their words. A table of fixed size in which a new word takes
// the place of an older one with the same hash. Thread rule: belongs to one thread. Errors: none.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "engine/tokenizer/tokenizer.h"

namespace tandem {

class WordCache {
public:
    static constexpr std::size_t longest_word = 34;
    static constexpr std::size_t most_ids = 11;

    struct Entry {
        std::uint64_t hash = 0;
        std::uint64_t owner = 0;
        std::uint8_t size = 0;
        std::uint8_t count = 0;
        std::array<char, longest_word> text{};
        std::array<TokenId, most_ids> ids{};

        bool holds(std::string_view word, std::uint64_t word_hash, std::uint64_t model) const {
            return hash == word_hash && owner == model && size == word.size() &&
                   std::memcmp(text.data(), word.data(), size) == 0;
        }
        std::span<const TokenId> tokens() const { return {ids.data(), count}; }
    };

    // The place for words of this hash, in this thread.
    static Entry& entry(std::uint64_t hash) {
        thread_local std::vector<Entry> entries(entry_count);
        return entries[hash >> (64 - entry_bits)];
    }

    static void keep(Entry& entry, std::string_view word, std::uint64_t hash, std::uint64_t model,
                     std::span<const TokenId> ids) {
        if (ids.size() > most_ids) {
            return;
        }
        entry.hash = hash;
        entry.owner = model;
        entry.size = static_cast<std::uint8_t>(word.size());
        entry.count = static_cast<std::uint8_t>(ids.size());
        std::memcpy(entry.text.data(), word.data(), word.size());
        std::copy(ids.begin(), ids.end(), entry.ids.begin());
    }

    // Of a word of 1 to `longest_word` bytes.
    static std::uint64_t hash_of(std::string_view word) {
        std::uint64_t hash = word.size() * 0x9E3779B97F4A7C15ULL;
        const char* at = word.data();
        std::size_t left = word.size();
        for (; left >= 8; at += 8, left -= 8) {
            std::uint64_t part = 0;
            std::memcpy(&part, at, 8);
            hash = mixed(hash ^ part);
        }
        std::uint64_t part = 0;
        std::memcpy(&part, at, left);
        return mixed(hash ^ part);
    }

private:
    static constexpr unsigned entry_bits = 13;
    static constexpr std::size_t entry_count = std::size_t{1} << entry_bits;

    static std::uint64_t mixed(std::uint64_t value) {
        value *= 0xD6E8FEB86659FD93ULL;
        value ^= value >> 32;
        return value * 0xD6E8FEB86659FD93ULL;
    }
};

}  // namespace tandem
