#include "engine/tokenizer/piece_text.h"

#include "engine/api/utf8.h"
#include "engine/tokenizer/clean_up.h"
#include "engine/tokenizer/mended_text.h"
#include "engine/tokenizer/unicode.h"

namespace tandem {
namespace {

constexpr const char* space_mark = "\xE2\x96\x81";  // U+2581
constexpr std::string_view replacement = "\xEF\xBF\xBD";

class PieceTextTokenizer final : public Tokenizer {
public:
    explicit PieceTextTokenizer(PieceParts parts) : parts_(std::move(parts)) {}

    std::vector<TokenId> encode(std::string_view text, EncodeOptions options) const override {
        std::string repaired;
        if (find_invalid_utf8(text)) {
            repaired = unicode::valid_utf8(text);
            text = repaired;
        }
        std::vector<TokenId> ids;
        if (options.add_special) {
            ids = parts_.before;
        }
        for (const AddedSplitter::Part& part : parts_.tokens.splitter().split(text, options.parse_special)) {
            if (part.id >= 0) {
                ids.push_back(part.id);
            } else {
                encode_pieces(part.text, ids);
            }
        }
        if (options.add_special) {
            ids.insert(ids.end(), parts_.after.begin(), parts_.after.end());
        }
        return ids;
    }

    Encoding encode_with_spans(std::string_view given, EncodeOptions options) const override {
        const MendedText mended(given);
        const std::string_view text = mended.text();
        Encoding encoding;
        const auto add = [&](TokenId id, ByteSpan span) {
            encoding.ids.push_back(id);
            encoding.spans.push_back(mended.given(span));
        };
        for (std::size_t i = 0; options.add_special && i < parts_.before.size(); ++i) {
            add(parts_.before[i], {0, 0});
        }
        std::size_t at = 0;
        for (const AddedSplitter::Part& part : parts_.tokens.splitter().split(text, options.parse_special)) {
            at = std::min(text.find(part.text, at), text.size());
            if (part.id >= 0) {
                add(part.id, {at, at + part.text.size()});
            } else {
                const std::size_t prefix = language_prefix(part.text);
                if (prefix > 0) {
                    add(find(part.text.substr(0, prefix)).value_or(parts_.unknown), {at, at + prefix});
                }
                const std::size_t begin = at + prefix;
                for (const auto& [piece, span] : parts_.encoder->encode_with_spans(part.text.substr(prefix))) {
                    add(find(piece).value_or(parts_.unknown), {begin + span.first, begin + span.last});
                }
            }
            at += part.text.size();
        }
        for (std::size_t i = 0; options.add_special && i < parts_.after.size(); ++i) {
            add(parts_.after[i], {text.size(), text.size()});
        }
        return encoding;
    }

    std::string decode(std::span<const TokenId> ids, bool skip_special) const override {
        std::string text;
        std::vector<std::string> pieces;
        const auto flush = [&] {
            text += parts_.decoder->decode(pieces);
            pieces.clear();
        };
        for (const TokenId id : ids) {
            if (id < 0 || id >= parts_.size || (skip_special && is_special(id))) {
                continue;
            }
            std::string token = piece(id);
            if (special_text(token)) {
                flush();
                text += token;
                text += parts_.space_after_special ? " " : "";
            } else {
                pieces.push_back(std::move(token));
            }
        }
        flush();
        if (parts_.space_after_special) {
            text = replace_all(text, space_mark, nullptr, " ");
        }
        text = python_stripped(text, true, true);
        return parts_.cleans_up ? cleaned_up(std::move(text)) : text;
    }

    std::string piece(TokenId id) const override {
        if (id < 0 || id >= parts_.size) {
            return {};
        }
        if (const AddedToken* token = parts_.tokens.at(id)) {
            return token->content;
        }
        const auto found = parts_.pieces.find(id);
        return found == parts_.pieces.end() ? parts_.unknown_piece : found->second;
    }

    bool is_special(TokenId id) const override { return parts_.tokens.is_special(id); }

    std::optional<TokenId> find(std::string_view token) const override {
        const std::string text(token);
        if (const auto id = parts_.tokens.find(text)) {
            return id;
        }
        const auto found = parts_.ids.find(text);
        return found == parts_.ids.end() ? std::nullopt : std::optional<TokenId>(found->second);
    }

    std::int64_t vocab_size() const override { return parts_.size; }
    std::optional<TokenId> bos() const override { return std::nullopt; }
    std::optional<TokenId> eos() const override { return parts_.eos; }
    std::vector<TokenId> end_ids() const override { return parts_.ends; }
    std::string kind() const override { return parts_.kind; }
    std::string chat_template() const override { return parts_.chat_template; }
    ChatParts chat_parts() const override { return parts_.chat; }
    std::unique_ptr<DecodeStream> stream() const override;

private:
    friend class PieceTextStream;

    // Bytes of the language's token that the text begins with.
    std::size_t language_prefix(std::string_view text) const {
        const bool begins = parts_.language_prefix && text.starts_with(">>");
        const std::size_t end = begins ? text.find("<<") : std::string_view::npos;
        return end == std::string_view::npos ? 0 : end + 2;
    }

    void encode_pieces(std::string_view text, std::vector<TokenId>& ids) const {
        if (const std::size_t prefix = language_prefix(text); prefix > 0) {
            ids.push_back(find(text.substr(0, prefix)).value_or(parts_.unknown));
            text.remove_prefix(prefix);
        }
        for (const std::string& piece : parts_.encoder->encode(text)) {
            ids.push_back(find(piece).value_or(parts_.unknown));
        }
    }

    bool special_text(const std::string& token) const {
        const auto id = parts_.tokens.find(token);
        return id && parts_.tokens.is_special(*id);
    }

    PieceParts parts_;
};

// A piece may change what the pieces before it read as, so all are read again with each; what can still change is held.
class PieceTextStream final : public DecodeStream {
public:
    explicit PieceTextStream(const PieceTextTokenizer& tokenizer) : tokenizer_(tokenizer) {}

    std::string push(TokenId id) override {
        ids_.push_back(id);
        if (tokenizer_.parts_.cleans_up) {
            return {};
        }
        std::string text = tokenizer_.decode(ids_, true);
        while (text.ends_with(replacement)) {
            text.resize(text.size() - replacement.size());
        }
        return rest(std::string(python_stripped(text, false, true)));
    }

    std::string finish() override {
        std::string last = rest(tokenizer_.decode(ids_, true));
        ids_.clear();
        sent_.clear();
        return last;
    }

private:
    std::string rest(const std::string& text) {
        if (!text.starts_with(sent_)) {
            return {};
        }
        std::string more = text.substr(sent_.size());
        sent_ = text;
        return more;
    }

    const PieceTextTokenizer& tokenizer_;
    std::vector<TokenId> ids_;
    std::string sent_;
};

std::unique_ptr<DecodeStream> PieceTextTokenizer::stream() const {
    return std::make_unique<PieceTextStream>(*this);
}

}  // namespace

std::shared_ptr<const Tokenizer> piece_text_tokenizer(PieceParts parts) {
    return std::make_shared<const PieceTextTokenizer>(std::move(parts));
}

}  // namespace tandem
