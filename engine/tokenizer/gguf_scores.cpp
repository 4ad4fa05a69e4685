#include "engine/tokenizer/gguf_tokens.h"
#include "engine/tokenizer/score_bpe.h"

namespace tandem {

Result<void> read_gguf_scores(GgufTokens& from, TokenizerParts& parts) {
    TANDEM_TRY(from.read_tokens(parts));
    for (const char* key : {"tokenizer.ggml.remove_extra_whitespaces", "tokenizer.ggml.escape_whitespaces"}) {
        const bool supported = std::string_view(key).ends_with("escape_whitespaces");
        if (TANDEM_TRY(from.flag(key, supported)) != supported) {
            return from.refuse(std::string(key) + (supported ? " false" : " true") + " is not supported");
        }
    }
    const auto charsmap = from.file().metadata().find("tokenizer.ggml.precompiled_charsmap");
    if (charsmap != from.file().metadata().end()) {
        const auto* bytes = std::get_if<std::vector<std::int64_t>>(&charsmap->second);
        if (bytes == nullptr || !bytes->empty()) {
            return from.refuse("tokenizer.ggml.precompiled_charsmap (a normaliser of its own) is not supported");
        }
    }
    std::vector<float> scores = TANDEM_TRY(from.read_scores());
    std::vector<PieceUse> uses;
    for (const std::int64_t type : from.types()) {
        uses.push_back(type == normal || type == user_defined ? PieceUse::normal
                       : type == unused                       ? PieceUse::unused
                                                              : PieceUse::none);
    }
    const std::optional<TokenId> unknown = TANDEM_TRY(from.unknown_id());
    parts.model = TANDEM_TRY(ScoreBpe::create(from.vocabulary(), std::move(scores), std::move(uses), unknown));
    const bool prefix = TANDEM_TRY(from.flag("tokenizer.ggml.add_space_prefix", true));
    using Normal = NormaliseStep::Kind;
    if (prefix) {
        parts.normaliser.push_back({.kind = Normal::prepend, .content = parts.space});
    }
    parts.normaliser.push_back({.kind = Normal::replace, .content = parts.space, .pattern = " "});
    using Step = DecodeStep::Kind;
    parts.decoder.push_back({.kind = Step::replace, .pattern = parts.space, .content = " "});
    parts.decoder.push_back({.kind = Step::byte_fallback});
    parts.decoder.push_back({.kind = Step::fuse});
    if (prefix) {
        parts.decoder.push_back({.kind = Step::strip, .pattern = " ", .from_start = 1});
    }
    parts.kind = "SentencePiece BPE";
    return from.surround(parts, true, false);
}

}  // namespace tandem
