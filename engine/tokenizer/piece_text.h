// The tokenizer that M2M-100 and Marian share; what differs is data. Thread rule: const, shared freely.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/tokenizer/piece_encoder.h"
#include "engine/tokenizer/python_tokens.h"
#include "engine/tokenizer/tokenizer.h"

namespace tandem {

struct PieceParts {
    std::shared_ptr<const PieceEncoder> encoder;  // texts to pieces
    std::shared_ptr<const PieceEncoder> decoder;  // and back
    std::unordered_map<std::string, TokenId> ids;
    std::unordered_map<TokenId, std::string> pieces;
    PythonTokens tokens;
    TokenId unknown = 0;
    std::string unknown_piece;
    bool language_prefix = false;      // ">>fr<<" at the start of a text is one token
    bool space_after_special = false;  // in decoded texts; stand-ins for spaces are replaced there as well
    std::vector<TokenId> before;
    std::vector<TokenId> after;
    std::optional<TokenId> eos;
    std::vector<TokenId> ends;
    std::int64_t size = 0;
    bool cleans_up = false;
    std::string kind;
    std::string chat_template;
    ChatParts chat;
};

std::shared_ptr<const Tokenizer> piece_text_tokenizer(PieceParts parts);

}  // namespace tandem
