// A SentencePiece model file (the protobuf message sentencepiece.ModelProto: spiece.model, tokenizer.model, *.spm),
// read with bounds and checked before anything is built from it. Errors: TOK_SENTENCEPIECE. Thread rule: plain data.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/api/result.h"

namespace tandem {

struct SentencePieceFile {
    enum class Model : std::uint8_t { unigram = 1, bpe = 2, word = 3, character = 4 };
    enum class Use : std::uint8_t { normal = 1, unknown = 2, control = 3, user_defined = 4, unused = 5, byte = 6 };
    struct Piece {
        std::string text;
        float score = 0;
        Use use = Use::normal;
    };

    static constexpr std::size_t most_bytes = std::size_t{64} << 20;
    static constexpr std::size_t most_pieces = std::size_t{1} << 21;
    static constexpr std::size_t longest_piece = 4096;
    // Of the squares of the pieces' lengths: finding which pieces make which costs that much.
    static constexpr std::size_t most_work = std::size_t{1} << 30;

    // Pieces are not empty, well-formed UTF-8, without NUL, and unique; scores are finite; one piece is the unknown
    // one.
    static Result<SentencePieceFile> read(std::span<const std::byte> bytes, const std::string& origin);

    std::vector<Piece> pieces;
    Model model = Model::unigram;
    bool byte_fallback = false;
    std::int32_t unk_id = 0;
    std::int32_t bos_id = 1;  // negative: none
    std::int32_t eos_id = 2;
    std::string unk_piece = "<unk>";
    std::string bos_piece = "<s>";
    std::string eos_piece = "</s>";
    std::string charsmap;           // normalizer_spec.precompiled_charsmap; empty: texts are taken as they are
    std::string decoding_charsmap;  // denormalizer_spec's
};

}  // namespace tandem
