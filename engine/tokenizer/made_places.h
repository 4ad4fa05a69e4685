// The way back from texts that pre-tokenisers made (with spaces put before, or spelled otherwise) to the text that was
// split. Thread rule: one thread at a time; refers to the store and the text.
#pragma once

#include <string_view>
#include <vector>

#include "engine/tokenizer/byte_span.h"
#include "engine/tokenizer/pre_tokeniser.h"

namespace tandem {

class MadePlaces {
public:
    MadePlaces(std::string_view text, const PieceStore& store) : text_(text), store_(store), places_(store.size()) {}

    // Bytes of a piece as bytes of the text. What was put before belongs to the first character.
    ByteSpan in_text(const Piece& piece, ByteSpan span);

private:
    // Of each byte of a made text where what it came from begins and ends, and of its end.
    struct Places {
        std::vector<std::size_t> first;
        std::vector<std::size_t> last;
    };
    const Places& places_of(std::size_t made);

    std::string_view text_;
    const PieceStore& store_;
    std::vector<Places> places_;  // filled as they are asked for
};

}  // namespace tandem
