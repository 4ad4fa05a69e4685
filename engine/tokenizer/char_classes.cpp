#include "engine/tokenizer/char_classes.h"

#include <map>
#include <span>
#include <string>

#include "engine/tokenizer/reference_unicode.h"

namespace tandem {
namespace {

using reference_unicode::CodeRange;

// White_Space, which has not changed since Unicode 6.3.
constexpr std::array<CodeRange, 10> whitespace_ranges{{{0x9, 0xD},
                                                       {0x20, 0x20},
                                                       {0x85, 0x85},
                                                       {0xA0, 0xA0},
                                                       {0x1680, 0x1680},
                                                       {0x2000, 0x200A},
                                                       {0x2028, 0x2029},
                                                       {0x202F, 0x202F},
                                                       {0x205F, 0x205F},
                                                       {0x3000, 0x3000}}};
constexpr std::array<CodeRange, 8> ideograph_ranges{{{0x4E00, 0x9FFF},
                                                     {0x3400, 0x4DBF},
                                                     {0x20000, 0x2A6DF},
                                                     {0x2A700, 0x2B73F},
                                                     {0x2B740, 0x2B81F},
                                                     {0x2B920, 0x2CEAF},
                                                     {0xF900, 0xFAFF},
                                                     {0x2F800, 0x2FA1F}}};

}  // namespace

const CharClasses& CharClasses::get() {
    static const CharClasses classes;
    return classes;
}

CharClasses::CharClasses() {
    std::string all(limit, '\0');
    const auto mark = [&](std::span<const CodeRange> ranges, Class one) {
        for (const CodeRange& range : ranges) {
            for (char32_t code = range.first; code <= range.last; ++code) {
                all[code] = static_cast<char>(static_cast<unsigned char>(all[code]) | one);
            }
        }
    };
    mark(whitespace_ranges, whitespace);
    mark(reference_unicode::numeric, numeric);
    mark(reference_unicode::punctuation, punctuation);
    mark(reference_unicode::word, word);
    mark(reference_unicode::control, control);
    mark(reference_unicode::nonspacing, nonspacing);
    mark(reference_unicode::combining, combining);
    mark(ideograph_ranges, ideograph);
    constexpr std::size_t page_size = std::size_t{1} << page_bits;
    std::map<std::string_view, std::uint16_t> known;
    for (std::size_t page = 0; page < index_.size(); ++page) {
        const std::string_view content = std::string_view(all).substr(page * page_size, page_size);
        const auto [place, is_new] = known.emplace(content, static_cast<std::uint16_t>(known.size()));
        if (is_new) {
            pages_.insert(pages_.end(), content.begin(), content.end());
        }
        index_[page] = place->second;
    }
}

}  // namespace tandem
