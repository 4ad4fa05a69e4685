// The unigram language model of SentencePiece (Kudo 2018, "Subword Regularization", section 3.2): of all ways to cut a
// word into pieces, the one with the highest sum of scores. Of equal sums the one whose last piece begins earliest
// wins, as in the `tokenizers` library. Linear in the word: each byte costs at most the longest piece. Errors:
// TOK_CONFIG. Thread rule: const after create, shared freely.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/tokenizer/piece_trie.h"
#include "engine/tokenizer/word_model.h"

namespace tandem {

struct UnigramPiece {
    std::string text;
    double score = 0;
    bool matches = true;  // whether a text may be cut into it; false for control pieces
};

struct UnigramOptions {
    TokenId unknown = 0;         // a character that no piece is made of
    bool byte_fallback = false;  // instead "<0xNN>" pieces, where all that are needed exist
    bool fuse_unknown = true;    // neighbouring unknown characters are one
};

class Unigram final : public WordModel {
public:
    // What an unknown character scores below the lowest score of all pieces.
    static constexpr double unknown_penalty = 10.0;

    // A piece's id is its place. Of pieces with equal texts the last counts. `origin` is for messages.
    static Result<std::unique_ptr<const Unigram>> create(const std::vector<UnigramPiece>& pieces,
                                                         const UnigramOptions& options, const std::string& origin);
    void encode(std::string_view word, std::vector<TokenId>& ids) const override;
    WordSpelling spelling() const override { return {.unknown = options_.unknown}; }

private:
    Unigram() = default;
    void emit_unknown(std::string_view text, std::vector<TokenId>& ids) const;

    PieceTrie trie_;
    std::vector<double> scores_;
    double unknown_score_ = 0;
    UnigramOptions options_;
    std::vector<TokenId> byte_ids_;  // 256, -1: no piece; empty without byte fallback
};

}  // namespace tandem
