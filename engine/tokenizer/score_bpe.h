// SentencePiece's byte pair encoding, as GGUF files of kind "llama" carry it: of all neighbours whose joined text is a
// piece, the one with the highest score merges first, the leftmost of equal ones. Words may be whole texts: O(n log n).
// Errors: TOK_CONFIG, TOK_BYTES_MISSING. Thread rule: const after create, shared freely.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/tokenizer/vocabulary.h"
#include "engine/tokenizer/word_model.h"

namespace tandem {

// By id: whether merging may form the piece. An unused piece is formed on the way, then taken apart again.
enum class PieceUse : std::uint8_t { none, normal, unused };

class ScoreBpe final : public WordModel {
public:
    // `scores` and `uses` have one entry for each id. Without all 256 "<0xNN>" tokens there must be an unknown token.
    static Result<std::unique_ptr<const ScoreBpe>> create(std::shared_ptr<const Vocabulary> vocabulary,
                                                          std::vector<float> scores, std::vector<PieceUse> uses,
                                                          std::optional<TokenId> unknown);
    void encode(std::string_view word, std::vector<TokenId>& ids) const override;
    WordSpelling spelling() const override { return {.unknown = unknown_.value_or(-1)}; }

private:
    struct Run;
    ScoreBpe() = default;
    std::optional<TokenId> piece(std::string_view text) const;
    void emit(std::string_view text, const Run& run, std::vector<TokenId>& ids) const;

    std::shared_ptr<const Vocabulary> vocabulary_;
    std::vector<float> scores_;
    std::vector<PieceUse> uses_;
    std::vector<TokenId> byte_ids_;  // 256, or empty where bytes have no tokens
    std::optional<TokenId> unknown_;
};

}  // namespace tandem
