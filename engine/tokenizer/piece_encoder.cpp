#include "engine/tokenizer/piece_encoder.h"

#include <sentencepiece_processor.h>

#include <exception>

#include "engine/tokenizer/charsmap_check.h"
#include "engine/tokenizer/decoder.h"
#include "engine/tokenizer/piece_path.h"
#include "engine/tokenizer/sentencepiece_file.h"
#include "engine/tokenizer/tokenizer_error.h"

namespace tandem {

struct PieceEncoder::Processor {
    sentencepiece::SentencePieceProcessor sentencepiece;
    std::optional<PiecePath> unigram;
};

PieceEncoder::PieceEncoder(std::unique_ptr<Processor> processor) : processor_(std::move(processor)) {}
PieceEncoder::~PieceEncoder() = default;

Result<std::shared_ptr<const PieceEncoder>> PieceEncoder::create(std::span<const std::byte> bytes,
                                                                 const std::string& origin) {
    const SentencePieceFile file = TANDEM_TRY(SentencePieceFile::read(bytes, origin));
    const auto refuse = [&](const std::string& message) {
        return tokenizer_error("TOK_SENTENCEPIECE", message, origin);
    };
    if (!charsmap_is_sound(file.charsmap) || !charsmap_is_sound(file.decoding_charsmap)) {
        return refuse("the model's character map (precompiled_charsmap) is damaged");
    }
    auto processor = std::make_unique<Processor>();
    // The library throws where its double array of pieces cannot be built, and reports the rest.
    try {
        const auto status = processor->sentencepiece.LoadFromSerializedProto(
            {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
        if (!status.ok()) {
            return refuse("libsentencepiece does not take the model (" + status.ToString() + ")");
        }
    } catch (const std::exception& error) {
        return refuse(std::string("libsentencepiece does not take the model (") + error.what() + ")");
    }
    if (file.model == SentencePieceFile::Model::unigram) {
        processor->unigram.emplace(file);
    }
    return std::shared_ptr<const PieceEncoder>(new PieceEncoder(std::move(processor)));
}

std::vector<std::string> PieceEncoder::encode(std::string_view text) const {
    std::vector<std::string> pieces;
    if (!processor_->unigram) {
        if (!processor_->sentencepiece.Encode({text.data(), text.size()}, &pieces).ok()) {
            pieces.clear();
        }
        return pieces;
    }
    // The library's pieces, joined, are the normalised text.
    std::string normalised;
    const auto encoded = processor_->sentencepiece.EncodeAsImmutableProto({text.data(), text.size()});
    for (const auto& piece : encoded.pieces()) {
        const auto byte = processor_->sentencepiece.IsByte(static_cast<int>(piece.id())) ? fallback_byte(piece.piece())
                                                                                         : std::nullopt;
        if (byte) {
            normalised += static_cast<char>(*byte);
        } else {
            normalised += piece.piece();
        }
    }
    processor_->unigram->append_pieces(normalised, pieces);
    return pieces;
}

std::vector<PieceEncoder::Spanned> PieceEncoder::encode_with_spans(std::string_view text) const {
    const auto encoded = processor_->sentencepiece.EncodeAsImmutableProto({text.data(), text.size()});
    std::vector<ByteSpan> of_byte;  // of each byte of the normalised text
    for (const auto& piece : encoded.pieces()) {
        const bool is_byte = processor_->sentencepiece.IsByte(static_cast<int>(piece.id()));
        const ByteSpan span{piece.begin(), piece.end()};
        of_byte.insert(of_byte.end(), is_byte && fallback_byte(piece.piece()) ? 1 : piece.piece().size(), span);
    }
    // The bytes of one character have its span with the last of them only.
    for (std::size_t i = of_byte.size(); i-- > 1;) {
        if (of_byte[i - 1].first == of_byte[i - 1].last && of_byte[i - 1].last == of_byte[i].first) {
            of_byte[i - 1] = of_byte[i];
        }
    }
    std::vector<Spanned> result;
    std::size_t at = 0;
    for (std::string& piece : encode(text)) {
        const auto byte = piece.size() == 6 ? fallback_byte(piece) : std::nullopt;
        const std::size_t end = std::min(at + (byte ? 1 : piece.size()), of_byte.size());
        const ByteSpan span =
            at < end ? ByteSpan{of_byte[at].first, of_byte[end - 1].last} : ByteSpan{text.size(), text.size()};
        result.push_back({std::move(piece), span});
        at = end;
    }
    return result;
}

std::string PieceEncoder::decode(const std::vector<std::string>& pieces) const {
    std::string text;
    if (pieces.empty() || !processor_->sentencepiece.Decode(pieces, &text).ok()) {
        return {};
    }
    return text;
}

std::optional<std::string> PieceEncoder::piece(std::int32_t id) const {
    if (id < 0 || id >= processor_->sentencepiece.GetPieceSize()) {
        return std::nullopt;
    }
    return processor_->sentencepiece.IdToPiece(id);
}

}  // namespace tandem
