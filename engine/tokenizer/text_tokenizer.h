// The one implementation of Tokenizer: added tokens, normalising, splitting, the model, special tokens, decoding, in
// the order of the `tokenizers` library, which it equals id for id. Thread rule: const, shared freely.
#pragma once

#include <unordered_map>

#include "engine/tokenizer/tokenizer_parts.h"

namespace tandem {

class TextTokenizer final : public Tokenizer {
public:
    explicit TextTokenizer(TokenizerParts parts);

    std::vector<TokenId> encode(std::string_view text, EncodeOptions options) const override;
    Encoding encode_with_spans(std::string_view text, EncodeOptions options) const override;
    std::string decode(std::span<const TokenId> ids, bool skip_special) const override;
    std::string piece(TokenId id) const override;
    bool is_special(TokenId id) const override;
    std::optional<TokenId> find(std::string_view token) const override;
    std::int64_t vocab_size() const override { return parts_.vocabulary->size(); }
    std::optional<TokenId> bos() const override { return parts_.bos; }
    std::optional<TokenId> eos() const override { return parts_.eos; }
    std::vector<TokenId> end_ids() const override { return ends_; }
    std::string kind() const override { return parts_.kind; }
    std::string chat_template() const override { return parts_.chat_template; }
    ChatParts chat_parts() const override { return parts_.chat; }
    std::unique_ptr<DecodeStream> stream() const override;

private:
    friend class TextStream;
    void encode_raw(std::string_view text, std::size_t leading, bool parse_special, std::vector<TokenId>& ids) const;
    void encode_words(std::string_view text, std::size_t leading, std::vector<TokenId>& ids) const;

    void span_raw(std::string_view text, std::size_t leading, bool parse_special, Encoding& encoding) const;
    void span_words(std::string_view text, std::size_t leading, Encoding& encoding) const;

    std::string_view spelled(TokenId id) const;

    TokenizerParts parts_;
    AddedTokens added_;
    std::vector<TokenId> ends_;
    // Tokens that are looked for in the normalised text read back as their normalised text, and are then no longer
    // recognised as special: what the reference does.
    std::unordered_map<TokenId, std::string> respelled_;
    std::vector<bool> special_;   // by id
    std::vector<bool> skipped_;   // by id: left out of texts without special tokens
    std::vector<bool> added_id_;  // by id: its text is plain text, not in the model's spelling
};

}  // namespace tandem
