#include "engine/tokenizer/gguf_tokens.h"
#include "engine/tokenizer/json_components.h"
#include "engine/tokenizer/wordpiece.h"

namespace tandem {
namespace {

constexpr std::string_view space_mark = "\xE2\x96\x81";  // U+2581

// Converters mark the pieces that begin a word and leave BERT's "##" out. What stands in brackets stays as it is.
std::string bert_spelling(const std::string& token, std::int64_t type) {
    if (token.starts_with(space_mark)) {
        return token.substr(space_mark.size());
    }
    const bool bracketed = token.starts_with('[') && token.ends_with(']');
    return type != normal || bracketed || token.empty() ? token : "##" + token;
}

}  // namespace

Result<void> read_gguf_wordpiece(GgufTokens& from, TokenizerParts& parts) {
    TANDEM_TRY(from.read_tokens(parts, bert_spelling));
    const auto unknown = TANDEM_TRY(from.unknown_id());
    if (!unknown) {
        return from.refuse("there is no unknown token (tokenizer.ggml.unknown_token_id)");
    }
    WordPiece::Pieces pieces;
    for (TokenId id = 0; id < from.vocabulary()->size(); ++id) {
        if (!from.vocabulary()->text(id).empty() && from.types()[static_cast<std::size_t>(id)] != unused) {
            pieces.emplace_back(from.vocabulary()->text(id), id);
        }
    }
    const std::string& origin = from.file().origin();
    parts.model =
        TANDEM_TRY(WordPiece::create(pieces, {.unknown = std::string(from.vocabulary()->text(*unknown))}, origin));
    const bool lowercase = TANDEM_TRY(from.flag("tokenizer.ggml.normalizer.lowercase", true));
    const bool accents = TANDEM_TRY(from.flag("tokenizer.ggml.normalizer.strip_accents", lowercase));
    parts.normaliser = TANDEM_TRY(read_normaliser({{"type", "BertNormalizer"},
                                                   {"clean_text", true},
                                                   {"handle_chinese_chars", true},
                                                   {"strip_accents", accents},
                                                   {"lowercase", lowercase}},
                                                  origin));
    parts.splits = TANDEM_TRY(read_pre_tokeniser({{"type", "BertPreTokenizer"}}, origin)).splits;
    parts.decoder = TANDEM_TRY(read_decoder({{"type", "WordPiece"}, {"prefix", "##"}, {"cleanup", true}}, origin));
    parts.kind = "WordPiece";
    // A text stands between [CLS] and [SEP]; files may name them by those roles, or as start and end.
    const auto either = [&](const char* key, const char* other) -> Result<TokenId> {
        auto id = TANDEM_TRY(from.id_at(key));
        if (!id) {
            id = TANDEM_TRY(from.id_at(other));
        }
        if (!id) {
            return from.refuse(std::string("there is neither ") + key + " nor " + other);
        }
        return *id;
    };
    const TokenId before = TANDEM_TRY(either("tokenizer.ggml.cls_token_id", "tokenizer.ggml.bos_token_id"));
    const TokenId after = TANDEM_TRY(either("tokenizer.ggml.seperator_token_id", "tokenizer.ggml.eos_token_id"));
    if (TANDEM_TRY(from.flag("tokenizer.ggml.add_bos_token", true))) {
        parts.before.push_back(before);
    }
    if (TANDEM_TRY(from.flag("tokenizer.ggml.add_sep_token", true))) {
        parts.after.push_back(after);
    }
    return {};
}

}  // namespace tandem
