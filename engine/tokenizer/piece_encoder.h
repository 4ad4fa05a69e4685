// SentencePiece itself: texts to pieces and back, by libsentencepiece, for the tokenizers that keep its model beside a
// vocabulary of their own (M2M-100, Marian). Errors: TOK_SENTENCEPIECE. Thread rule: const after create, shared freely.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/result.h"
#include "engine/tokenizer/byte_span.h"

namespace tandem {

class PieceEncoder {
public:
    // The bytes of a model file, checked here before the library sees them.
    static Result<std::shared_ptr<const PieceEncoder>> create(std::span<const std::byte> bytes,
                                                              const std::string& origin);
    ~PieceEncoder();
    PieceEncoder(const PieceEncoder&) = delete;
    PieceEncoder& operator=(const PieceEncoder&) = delete;

    // Pieces as the text spells them: an unknown stretch is its own normalised text, not the unknown piece.
    std::vector<std::string> encode(std::string_view text) const;
    // The same with the bytes of the text that each stands for, as far as the library tells them.
    struct Spanned {
        std::string text;
        ByteSpan span;
    };
    std::vector<Spanned> encode_with_spans(std::string_view text) const;
    std::string decode(const std::vector<std::string>& pieces) const;
    std::optional<std::string> piece(std::int32_t id) const;

private:
    struct Processor;
    explicit PieceEncoder(std::unique_ptr<Processor> processor);
    std::unique_ptr<Processor> processor_;
};

}  // namespace tandem
