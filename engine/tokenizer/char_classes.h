// What kind a character is, as the parts of the reference tokenizers see it: one look-up in a table that is made from
// reference_unicode.h at the first use. Thread rule: const, shared freely. Errors: none.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/tokenizer/unicode.h"

namespace tandem {

class CharClasses {
public:
    enum Class : std::uint8_t {
        whitespace = 1,
        numeric = 2,
        punctuation = 4,
        word = 8,
        control = 16,
        nonspacing = 32,
        combining = 64,
        ideograph = 128,  // the blocks that BertNormalizer puts spaces around
    };

    static const CharClasses& get();

    // The classes of a character, joined.
    std::uint8_t of(char32_t code) const {
        return code < limit ? pages_[(std::size_t{index_[code >> page_bits]} << page_bits) | (code & page_mask)] : 0;
    }
    bool is(char32_t code, Class one) const { return (of(code) & one) != 0; }

private:
    static constexpr char32_t limit = 0x110000;
    static constexpr unsigned page_bits = 8;
    static constexpr char32_t page_mask = (1U << page_bits) - 1;

    CharClasses();
    std::array<std::uint16_t, (limit >> page_bits)> index_{};
    std::vector<std::uint8_t> pages_;
};

}  // namespace tandem
