#include "engine/tokenizer/sentencepiece_file.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <string_view>
#include <unordered_set>

#include "engine/api/utf8.h"
#include "engine/tokenizer/protobuf_walk.h"
#include "engine/tokenizer/tokenizer_error.h"

namespace tandem {
namespace {

class FileReader {
public:
    FileReader(SentencePieceFile& file, const std::string& origin) : file_(file), origin_(origin) {}

    Result<void> read(std::string_view bytes) {
        bool trained = false;
        bool normalises = false;
        ProtobufWalk walk(bytes);
        while (const auto field = TANDEM_TRY(next(walk))) {
            trained = trained || field->number == 2;
            normalises = normalises || field->number == 3;
            if (field->number == 1) {
                TANDEM_TRY(read_piece(TANDEM_TRY(text(*field))));
            } else if (field->number == 2) {
                TANDEM_TRY(read_trainer(TANDEM_TRY(text(*field))));
            } else if (field->number == 3) {
                TANDEM_TRY(read_normaliser(TANDEM_TRY(text(*field)), file_.charsmap));
            } else if (field->number == 5) {
                TANDEM_TRY(read_normaliser(TANDEM_TRY(text(*field)), file_.decoding_charsmap));
            }
        }
        // Both stand behind the pieces: without them the file ends early.
        if (!file_.pieces.empty() && (!trained || !normalises)) {
            return refuse(std::string("the model has no ") + (trained ? "normalizer_spec" : "trainer_spec") +
                          ", so it is cut short");
        }
        return check();
    }

private:
    Error refuse(const std::string& message) const { return tokenizer_error("TOK_SENTENCEPIECE", message, origin_); }

    Result<std::optional<ProtobufField>> next(ProtobufWalk& walk) const {
        auto field = walk.next();
        if (walk.broken()) {
            return refuse(
                "the file is no SentencePiece model, or it is cut short or damaged (a field does not end inside it)");
        }
        return field;
    }

    Result<std::string_view> text(const ProtobufField& field) const {
        if (field.kind != ProtobufField::Kind::bytes) {
            return refuse("the file is no SentencePiece model: field " + std::to_string(field.number) +
                          " has another type");
        }
        return field.bytes;
    }

    Result<std::uint64_t> number(const ProtobufField& field) const {
        if (field.kind != ProtobufField::Kind::number) {
            return refuse("the file is no SentencePiece model: field " + std::to_string(field.number) +
                          " has another type");
        }
        return field.number_value;
    }

    Result<std::int32_t> id(const ProtobufField& field) const {
        return static_cast<std::int32_t>(static_cast<std::int64_t>(TANDEM_TRY(number(field))));
    }

    Result<void> read_piece(std::string_view bytes) {
        const std::size_t index = file_.pieces.size();
        if (index >= SentencePieceFile::most_pieces) {
            return refuse("there are more than " + std::to_string(SentencePieceFile::most_pieces) + " pieces");
        }
        SentencePieceFile::Piece piece;
        ProtobufWalk walk(bytes);
        while (const auto field = TANDEM_TRY(next(walk))) {
            if (field->number == 1) {
                piece.text = TANDEM_TRY(text(*field));
            } else if (field->number == 2) {
                if (field->kind != ProtobufField::Kind::word32) {
                    return refuse("piece " + std::to_string(index) + " has a score of another type");
                }
                piece.score = std::bit_cast<float>(static_cast<std::uint32_t>(field->number_value));
            } else if (field->number == 3) {
                const std::uint64_t use = TANDEM_TRY(number(*field));
                if (use < 1 || use > 6) {
                    return refuse("piece " + std::to_string(index) + " has the type " + std::to_string(use) +
                                  ", known are 1 to 6");
                }
                piece.use = static_cast<SentencePieceFile::Use>(use);
            }
        }
        if (piece.text.empty() || piece.text.size() > SentencePieceFile::longest_piece ||
            piece.text.find('\0') != std::string::npos || find_invalid_utf8(piece.text)) {
            return refuse("piece " + std::to_string(index) + " '" + printable(piece.text) + "' must be UTF-8 of 1 to " +
                          std::to_string(SentencePieceFile::longest_piece) + " bytes without NUL");
        }
        if (!std::isfinite(piece.score)) {
            return refuse("the score of piece " + std::to_string(index) + " '" + printable(piece.text) +
                          "' is not a finite number");
        }
        file_.pieces.push_back(std::move(piece));
        return {};
    }

    Result<void> read_trainer(std::string_view bytes) {
        ProtobufWalk walk(bytes);
        while (const auto field = TANDEM_TRY(next(walk))) {
            switch (field->number) {
                case 3: {
                    const std::uint64_t model = TANDEM_TRY(number(*field));
                    if (model < 1 || model > 4) {
                        return refuse("the model type is " + std::to_string(model) + ", known are 1 to 4");
                    }
                    file_.model = static_cast<SentencePieceFile::Model>(model);
                    break;
                }
                case 35:
                    file_.byte_fallback = TANDEM_TRY(number(*field)) != 0;
                    break;
                case 40:
                    file_.unk_id = TANDEM_TRY(id(*field));
                    break;
                case 41:
                    file_.bos_id = TANDEM_TRY(id(*field));
                    break;
                case 42:
                    file_.eos_id = TANDEM_TRY(id(*field));
                    break;
                case 45:
                    file_.unk_piece = TANDEM_TRY(text(*field));
                    break;
                case 46:
                    file_.bos_piece = TANDEM_TRY(text(*field));
                    break;
                case 47:
                    file_.eos_piece = TANDEM_TRY(text(*field));
                    break;
                default:
                    break;
            }
        }
        for (const std::string* name : {&file_.unk_piece, &file_.bos_piece, &file_.eos_piece}) {
            if (name->size() > SentencePieceFile::longest_piece || find_invalid_utf8(*name)) {
                return refuse("the name of a special piece is not UTF-8 of at most " +
                              std::to_string(SentencePieceFile::longest_piece) + " bytes");
            }
        }
        return {};
    }

    Result<void> read_normaliser(std::string_view bytes, std::string& charsmap) {
        ProtobufWalk walk(bytes);
        while (const auto field = TANDEM_TRY(next(walk))) {
            if (field->number == 2) {
                charsmap = TANDEM_TRY(text(*field));
            }
        }
        return {};
    }

    Result<void> check() const {
        if (file_.pieces.empty()) {
            return refuse("the file is no SentencePiece model: it has no pieces");
        }
        std::unordered_set<std::string_view> seen;
        seen.reserve(file_.pieces.size());
        std::size_t unknown = 0;
        std::size_t work = 0;
        for (const SentencePieceFile::Piece& piece : file_.pieces) {
            if (!seen.insert(piece.text).second) {
                return refuse("the piece '" + printable(piece.text) + "' is there twice");
            }
            work += piece.text.size() * piece.text.size();
            unknown += piece.use == SentencePieceFile::Use::unknown ? 1 : 0;
        }
        if (work > SentencePieceFile::most_work) {
            return refuse("too many pieces are too long (the squares of their lengths add up to " +
                          std::to_string(work) + ", allowed are " + std::to_string(SentencePieceFile::most_work) + ")");
        }
        if (unknown != 1) {
            return refuse("one piece must be the unknown one, found " + std::to_string(unknown));
        }
        return {};
    }

    SentencePieceFile& file_;
    const std::string& origin_;
};

}  // namespace

Result<SentencePieceFile> SentencePieceFile::read(std::span<const std::byte> bytes, const std::string& origin) {
    if (bytes.size() > most_bytes) {
        return tokenizer_error(
            "TOK_SENTENCEPIECE",
            "the file has " + std::to_string(bytes.size()) + " bytes, allowed are " + std::to_string(most_bytes),
            origin);
    }
    SentencePieceFile file;
    TANDEM_TRY(FileReader(file, origin).read({reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
    return file;
}

}  // namespace tandem
