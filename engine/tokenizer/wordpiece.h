// WordPiece (BERT's): the longest piece at the start of a word, then again and again the longest of those that go on a
// word ("##ing"). A word that does not come out so is one unknown token. Linear in the word: each character costs at
// most the longest piece. Errors: TOK_CONFIG. Thread rule: const after create, shared freely.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/tokenizer/piece_trie.h"
#include "engine/tokenizer/word_model.h"

namespace tandem {

struct WordPieceOptions {
    std::string unknown = "[UNK]";
    std::string continuing_prefix = "##";
    std::size_t longest_word = 100;  // in characters; a longer one is unknown
};

class WordPiece final : public WordModel {
public:
    // Pieces and their ids; the unknown token must be among them. `origin` is for messages.
    using Pieces = std::vector<std::pair<std::string, TokenId>>;
    static Result<std::unique_ptr<const WordPiece>> create(const Pieces& pieces, const WordPieceOptions& options,
                                                           const std::string& origin);
    void encode(std::string_view word, std::vector<TokenId>& ids) const override;
    WordSpelling spelling() const override { return {.continuing_prefix = prefix_, .unknown = unknown_}; }

private:
    WordPiece() = default;

    PieceTrie trie_;
    std::optional<PieceTrie::Place> continuing_;  // behind the prefix; absent: no piece goes on a word
    std::string prefix_;
    std::size_t longest_word_ = 0;
    TokenId unknown_ = 0;
};

}  // namespace tandem
