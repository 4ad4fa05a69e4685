#include "engine/tokenizer/mended_text.h"

#include <algorithm>

#include "engine/api/utf8.h"
#include "engine/tokenizer/unicode.h"

namespace tandem {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

// Bytes from `at` on that read as one U+FFFD; 0 where a character stands.
std::size_t broken_at(std::string_view text, std::size_t at) {
    std::size_t behind = at;
    if (next_character(text, behind) != replacement_character || behind - at > 1) {
        return 0;
    }
    for (std::size_t size = std::min<std::size_t>(3, text.size() - at); size > 1; --size) {
        if (unicode::valid_utf8(text.substr(at, size)) == replacement) {
            return size;
        }
    }
    return 1;
}

}  // namespace

MendedText::MendedText(std::string_view given) : given_(given) {
    if (!find_invalid_utf8(given)) {
        return;
    }
    for (std::size_t at = 0; at < given.size();) {
        const std::size_t broken = broken_at(given, at);
        const std::size_t size = broken > 0 ? broken : unicode::char_size(given[at]);
        const std::string_view read = broken > 0 ? replacement : given.substr(at, size);
        for (std::size_t i = 0; i < read.size(); ++i) {
            first_of_.push_back(broken > 0 ? at : at + i);
            last_of_.push_back(broken > 0 ? at + size : at + i + 1);
        }
        mended_ += read;
        at += size;
    }
    first_of_.push_back(given.size());
}

ByteSpan MendedText::given(ByteSpan span) const {
    if (mended_.empty()) {
        return span;
    }
    return {first_of_[span.first], span.last > span.first ? last_of_[span.last - 1] : first_of_[span.first]};
}

}  // namespace tandem
