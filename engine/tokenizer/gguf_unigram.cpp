#include <algorithm>

#include "engine/tokenizer/class_build.h"
#include "engine/tokenizer/gguf_tokens.h"
#include "engine/tokenizer/json_components.h"
#include "engine/tokenizer/unigram.h"

namespace tandem {
namespace {

// The score converters give to tokens that are not the model's own.
constexpr float score_of_added = -1000;

Result<std::string> read_charsmap(const GgufTokens& from) {
    std::string charsmap;
    if (!from.file().has("tokenizer.ggml.precompiled_charsmap")) {
        return charsmap;
    }
    for (const std::int64_t value : TANDEM_TRY(from.file().integers("tokenizer.ggml.precompiled_charsmap"))) {
        if (value < -128 || value > 255) {
            return from.refuse("tokenizer.ggml.precompiled_charsmap has the value " + std::to_string(value) +
                               ", which is no byte");
        }
        charsmap += static_cast<char>(value);
    }
    return charsmap;
}

}  // namespace

// As transformers reads the SentencePiece model that the file was made of (T5, UMT5, XLM-R): the model's own character
// map, then words between white space.
Result<void> read_gguf_unigram(GgufTokens& from, TokenizerParts& parts) {
    TANDEM_TRY(from.read_tokens(parts));
    if (!TANDEM_TRY(from.flag("tokenizer.ggml.escape_whitespaces", true))) {
        return from.refuse("tokenizer.ggml.escape_whitespaces false is not supported");
    }
    const std::vector<float> scores = TANDEM_TRY(from.read_scores());
    const auto unknown = TANDEM_TRY(from.unknown_id());
    if (!unknown) {
        return from.refuse("there is no unknown token (tokenizer.ggml.unknown_token_id)");
    }
    std::vector<UnigramPiece> pieces;
    pieces.reserve(scores.size());
    for (std::size_t i = 0; i < scores.size(); ++i) {
        const std::int64_t type = from.types()[i];
        const bool added = type == user_defined && scores[i] == score_of_added;
        pieces.push_back({.text = std::string(from.vocabulary()->text(static_cast<TokenId>(i))),
                          .score = static_cast<double>(scores[i]),
                          .matches = type != unused && type != byte && !added});
    }
    const bool bytes = std::find(from.types().begin(), from.types().end(), byte) != from.types().end();
    parts.model =
        TANDEM_TRY(Unigram::create(pieces, {.unknown = *unknown, .byte_fallback = bytes}, from.file().origin()));
    const std::string& origin = from.file().origin();
    const char* scheme = TANDEM_TRY(from.flag("tokenizer.ggml.add_space_prefix", true)) ? "always" : "never";
    parts.normaliser = TANDEM_TRY(read_normaliser(precompiled(TANDEM_TRY(read_charsmap(from))), origin));
    parts.splits = TANDEM_TRY(read_pre_tokeniser(whitespace_and_metaspace(scheme), origin)).splits;
    parts.decoder = TANDEM_TRY(read_decoder(metaspace(scheme, true), origin));
    parts.kind = "Unigram";
    return from.surround(parts, false, true);
}

}  // namespace tandem
