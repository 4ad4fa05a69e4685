// SentencePiece's own search for the best unigram pieces of a normalised text. It adds up in 32-bit floats, so of ways
// that are equally good another one wins than in wider numbers; and versions of the library differ in where they round.
// This one rounds each sum, as sentencepiece 0.2 does; 0.1 compares before it rounds. Linear in the text.
// Errors: none. Thread rule: const after it is made, shared freely.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/tokenizer/piece_trie.h"
#include "engine/tokenizer/sentencepiece_file.h"

namespace tandem {

class PiecePath {
public:
    explicit PiecePath(const SentencePieceFile& file);
    // Appends the pieces as the text spells them: neighbouring unknown characters are one, or bytes where the model
    // falls back to those.
    void append_pieces(std::string_view normalised, std::vector<std::string>& pieces) const;

private:
    PieceTrie trie_;
    std::vector<float> scores_;
    std::vector<bool> user_defined_;
    float highest_ = 0;
    float unknown_score_ = 0;
    bool byte_fallback_ = false;
};

}  // namespace tandem
