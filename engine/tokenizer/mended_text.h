// A text as tokenizers read it, with bytes that are no UTF-8 replaced, and the way back to the bytes that were given.
// Thread rule: const after construction; refers to the text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/tokenizer/byte_span.h"

namespace tandem {

class MendedText {
public:
    explicit MendedText(std::string_view given);

    std::string_view text() const { return mended_.empty() ? given_ : std::string_view(mended_); }
    // What a span of text() is of the text that was given.
    ByteSpan given(ByteSpan span) const;

private:
    std::string_view given_;
    std::string mended_;                 // empty: nothing had to be
    std::vector<std::size_t> first_of_;  // of each byte of text() where its source begins, and of the end
    std::vector<std::size_t> last_of_;   // of each byte of text() where its source ends
};

}  // namespace tandem
