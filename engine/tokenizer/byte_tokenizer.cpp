#include "engine/tokenizer/byte_tokenizer.h"

#include <algorithm>

#include "engine/api/utf8.h"
#include "engine/tokenizer/clean_up.h"
#include "engine/tokenizer/mended_text.h"
#include "engine/tokenizer/python_tokens.h"
#include "engine/tokenizer/tokenizer_error.h"
#include "engine/tokenizer/unicode.h"

namespace tandem {
namespace {

constexpr TokenId first_byte = 3;
constexpr TokenId behind_bytes = first_byte + 256;

// Well-formed UTF-8 by leaving out what is not.
std::string legible(std::string_view bytes) {
    std::string text;
    for (std::size_t at = 0; at < bytes.size();) {
        const std::size_t begin = at;
        const char32_t code = next_character(bytes, at);
        if (code != replacement_character || at - begin > 1) {
            text += bytes.substr(begin, at - begin);
        }
    }
    return text;
}

class ByteTokenizer final : public Tokenizer {
public:
    ByteTokenizer(PythonTokens tokens, TokenId eos, bool cleans_up, std::vector<TokenId> ends,
                  std::string chat_template)
        : tokens_(std::move(tokens)),
          eos_(eos),
          cleans_up_(cleans_up),
          ends_(std::move(ends)),
          chat_template_(std::move(chat_template)) {}

    std::vector<TokenId> encode(std::string_view text, EncodeOptions options) const override {
        std::string repaired;
        if (find_invalid_utf8(text)) {
            repaired = unicode::valid_utf8(text);
            text = repaired;
        }
        std::vector<TokenId> ids;
        ids.reserve(text.size() + 1);
        for (const AddedSplitter::Part& part : tokens_.splitter().split(text, options.parse_special)) {
            if (part.id >= 0) {
                ids.push_back(part.id);
                continue;
            }
            for (const char c : part.text) {
                ids.push_back(first_byte + static_cast<unsigned char>(c));
            }
        }
        if (options.add_special && (ids.empty() || ids.back() != eos_)) {
            ids.push_back(eos_);
        }
        return ids;
    }

    Encoding encode_with_spans(std::string_view given, EncodeOptions options) const override {
        const MendedText mended(given);
        const std::string_view text = mended.text();
        Encoding encoding;
        const auto add = [&](TokenId id, std::size_t first, std::size_t last) {
            encoding.ids.push_back(id);
            encoding.spans.push_back(mended.given({first, last}));
        };
        std::size_t at = 0;
        for (const AddedSplitter::Part& part : tokens_.splitter().split(text, options.parse_special)) {
            at = std::min(text.find(part.text, at), text.size());
            for (std::size_t i = 0; part.id < 0 && i < part.text.size(); ++i) {
                add(first_byte + static_cast<unsigned char>(part.text[i]), at + i, at + i + 1);
            }
            if (part.id >= 0) {
                add(part.id, at, at + part.text.size());
            }
            at += part.text.size();
        }
        if (options.add_special && (encoding.ids.empty() || encoding.ids.back() != eos_)) {
            add(eos_, text.size(), text.size());
        }
        return encoding;
    }

    std::string decode(std::span<const TokenId> ids, bool skip_special) const override {
        std::string bytes;
        for (const TokenId id : ids) {
            if (!(skip_special && is_special(id))) {
                bytes += piece(id);
            }
        }
        std::string text = legible(bytes);
        return cleans_up_ ? cleaned_up(std::move(text)) : text;
    }

    std::string piece(TokenId id) const override {
        if (const AddedToken* token = tokens_.at(id)) {
            return token->content;
        }
        return id >= first_byte && id < behind_bytes ? std::string(1, static_cast<char>(id - first_byte))
                                                     : std::string();
    }
    bool is_special(TokenId id) const override { return tokens_.is_special(id); }

    std::optional<TokenId> find(std::string_view token) const override {
        if (const auto id = tokens_.find(std::string(token))) {
            return id;
        }
        if (token.empty()) {
            return std::nullopt;
        }
        const unicode::Char c = unicode::first_char(token);
        return c.size == token.size() && c.code < 256
                   ? std::optional<TokenId>(first_byte + static_cast<TokenId>(c.code))
                   : std::nullopt;
    }

    std::int64_t vocab_size() const override { return std::max<std::int64_t>(tokens_.largest() + 1, behind_bytes); }
    std::optional<TokenId> bos() const override { return std::nullopt; }
    std::optional<TokenId> eos() const override { return eos_; }
    std::vector<TokenId> end_ids() const override { return ends_; }
    std::string kind() const override { return "bytes (ByT5)"; }
    std::string chat_template() const override { return chat_template_; }
    std::unique_ptr<DecodeStream> stream() const override;

private:
    friend class ByteStream;
    PythonTokens tokens_;
    TokenId eos_;
    bool cleans_up_;
    std::vector<TokenId> ends_;
    std::string chat_template_;
};

class ByteStream final : public DecodeStream {
public:
    explicit ByteStream(const ByteTokenizer& tokenizer) : tokenizer_(tokenizer) {}

    std::string push(TokenId id) override {
        if (!tokenizer_.is_special(id)) {
            held_ += tokenizer_.piece(id);
        }
        const std::size_t whole =
            tokenizer_.cleans_up_ ? 0 : held_.size() - unicode::unfinished_tail(held_);  // a text cleans up as a whole
        std::string text = legible(std::string_view(held_).substr(0, whole));
        held_.erase(0, whole);
        return text;
    }

    std::string finish() override {
        std::string text = legible(held_);
        held_.clear();
        return tokenizer_.cleans_up_ ? cleaned_up(std::move(text)) : text;
    }

private:
    const ByteTokenizer& tokenizer_;
    std::string held_;
};

std::unique_ptr<DecodeStream> ByteTokenizer::stream() const {
    return std::make_unique<ByteStream>(*this);
}

}  // namespace

Result<std::shared_ptr<const Tokenizer>> byte_tokenizer(const FolderSettings& settings, const FolderHints& hints) {
    const std::size_t extra_ids = TANDEM_TRY(settings.count("extra_ids", 125, 65536));
    RoleTokens roles = settings.roles({nullptr, "</s>", "<unk>", nullptr, "<pad>", nullptr, nullptr});
    std::map<TokenId, AddedToken> first;
    TokenId id = 0;
    for (const Role role : {Role::pad, Role::eos, Role::unk}) {
        auto& token = roles[static_cast<std::size_t>(role)];
        if (!token || token->token.content.empty()) {
            return config_error(std::string("ByT5 needs a ") + role_names[static_cast<std::size_t>(role)],
                                settings.origin());
        }
        if (token->bare) {
            token->token.lstrip = token->token.rstrip = true;
        }
        first[id++] = token->token;
    }
    std::vector<TokenSetting> extra;
    if (settings.mapped && !settings.mapped->empty() && extra_ids > 0) {
        const auto sentinels = std::count_if(
            settings.mapped->begin(), settings.mapped->end(),
            [](const TokenSetting& token) { return token.token.content.find("extra_id") != std::string::npos; });
        if (static_cast<std::size_t>(sentinels) != extra_ids) {
            return config_error("extra_ids is " + std::to_string(extra_ids) + ", but special_tokens_map.json has " +
                                    std::to_string(sentinels) + " extra_id tokens",
                                settings.origin());
        }
    }
    if (settings.extra) {
        extra = *settings.extra;
    } else if (settings.mapped) {
        extra = *settings.mapped;
    } else {
        for (std::size_t i = 0; i < extra_ids; ++i) {
            extra.push_back(bare_token("<extra_id_" + std::to_string(i) + ">"));
        }
    }
    // A byte is the character of its number; the first three ids have the tokens that stand there.
    const auto find = [](const std::string& token) -> std::optional<TokenId> {
        if (token.empty()) {
            return std::nullopt;
        }
        const unicode::Char c = unicode::first_char(token);
        return c.size == token.size() && c.code < 256
                   ? std::optional<TokenId>(first_byte + static_cast<TokenId>(c.code))
                   : std::nullopt;
    };
    PythonTokens tokens = PythonTokens::make(std::move(first), settings, roles, extra, {.find = find, .size = 256});
    const auto eos = tokens.find(roles[static_cast<std::size_t>(Role::eos)]->token.content);
    std::vector<TokenId> ends{*eos};
    const std::int64_t size = std::max<std::int64_t>(tokens.largest() + 1, behind_bytes);
    if (hints.vocab_size && size > *hints.vocab_size) {
        return tokenizer_error("TOK_ID_RANGE",
                               "the tokenizer has ids up to " + std::to_string(size - 1) +
                                   ", allowed are ids below the vocab_size " + std::to_string(*hints.vocab_size) +
                                   " of config.json",
                               settings.origin());
    }
    for (const std::int64_t other : hints.eos_ids) {
        if (other >= 0 && other < size && other != *eos) {
            ends.push_back(static_cast<TokenId>(other));
        }
    }
    const bool cleans_up = TANDEM_TRY(settings.truth("clean_up_tokenization_spaces", false));
    return std::shared_ptr<const Tokenizer>(
        std::make_shared<const ByteTokenizer>(std::move(tokens), *eos, cleans_up, ends, hints.chat_template));
}

}  // namespace tandem
