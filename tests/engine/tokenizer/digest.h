// The digests of make_tokenizer_fixtures.py, computed the same way. Thread rule: stateless.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "engine/tokenizer/tokenizer.h"

namespace tandem::test {

class Fnv1a {
public:
    void add(unsigned char byte) { value_ = (value_ ^ byte) * 0x100000001B3ULL; }
    std::uint64_t value() const { return value_; }

private:
    std::uint64_t value_ = 0xCBF29CE484222325ULL;
};

// 40 bits of the ids' hash, each id as 32 bits, little-endian.
inline std::uint64_t digest_of(std::span<const TokenId> ids) {
    Fnv1a hash;
    for (const TokenId id : ids) {
        for (int shift = 0; shift < 32; shift += 8) {
            hash.add(static_cast<unsigned char>(static_cast<std::uint32_t>(id) >> shift));
        }
    }
    return hash.value() & 0xFFFFFFFFFFULL;
}

// 24 bits of the text's hash.
inline std::uint64_t digest_of(std::string_view text) {
    Fnv1a hash;
    for (const char c : text) {
        hash.add(static_cast<unsigned char>(c));
    }
    return hash.value() & 0xFFFFFFULL;
}

}  // namespace tandem::test
