// A tokenizer whose ids 0 to 255 are bytes, with a few longer and special tokens behind them, for tests of generation.
// Thread rule: const, shared freely.
#pragma once

#include <string>
#include <vector>

#include "engine/tokenizer/tokenizer.h"

namespace tandem::test {

class FakeTokenizer : public Tokenizer {
public:
    static constexpr TokenId end_of_text = 256;
    static constexpr TokenId first_longer = 257;

    explicit FakeTokenizer(std::vector<std::string> longer = {}, std::string chat_template = {})
        : longer_(std::move(longer)), chat_template_(std::move(chat_template)) {}

    std::vector<TokenId> encode(std::string_view text, EncodeOptions) const override {
        std::vector<TokenId> ids;
        for (const char c : text) {
            ids.push_back(static_cast<unsigned char>(c));
        }
        return ids;
    }
    Encoding encode_with_spans(std::string_view text, EncodeOptions options) const override {
        Encoding encoding{.ids = encode(text, options), .spans = {}};
        for (std::size_t at = 0; at < text.size(); ++at) {
            encoding.spans.push_back({at, at + 1});
        }
        return encoding;
    }
    std::string decode(std::span<const TokenId> ids, bool skip_special) const override {
        std::string text;
        for (const TokenId id : ids) {
            text += skip_special && is_special(id) ? "" : piece(id);
        }
        return text;
    }
    std::string piece(TokenId id) const override {
        if (id < 256) {
            return std::string(1, static_cast<char>(id));
        }
        if (id == end_of_text) {
            return "<end>";
        }
        const auto place = static_cast<std::size_t>(id - first_longer);
        return place < longer_.size() ? longer_[place] : "";
    }
    bool is_special(TokenId id) const override { return id == end_of_text; }
    std::optional<TokenId> find(std::string_view token) const override {
        return token == "<end>" ? std::optional(end_of_text) : std::nullopt;
    }
    std::int64_t vocab_size() const override { return first_longer + static_cast<std::int64_t>(longer_.size()); }
    std::optional<TokenId> bos() const override { return std::nullopt; }
    std::optional<TokenId> eos() const override { return end_of_text; }
    std::vector<TokenId> end_ids() const override { return {end_of_text}; }
    std::string kind() const override { return "bytes (fake)"; }
    std::string chat_template() const override { return chat_template_; }

private:
    std::vector<std::string> longer_;
    std::string chat_template_;
};

}  // namespace tandem::test
