#include "engine/tokenizer/text_tokenizer.h"

#include <algorithm>
#include <array>

#include "engine/api/utf8.h"
#include "engine/tokenizer/byte_alphabet.h"
#include "engine/tokenizer/unicode.h"

namespace tandem {
namespace {

// Names that end a text or a turn in the families that have them.
constexpr std::array<std::string_view, 12> end_names{
    "<|endoftext|>", "<|im_end|>", "<|eot_id|>", "<|eom_id|>", "<|end_of_text|>", "</s>",
    "<end_of_turn>", "<eos>",      "<|end|>",    "<|eot|>",    "<|endofturn|>",   "<|end_of_turn|>"};

}  // namespace

TextTokenizer::TextTokenizer(TokenizerParts parts) : parts_(std::move(parts)), added_(parts_.added, parts_.normaliser) {
    const auto count = static_cast<std::size_t>(parts_.vocabulary->size());
    special_.assign(count, false);
    added_id_.assign(count, false);
    for (const AddedToken& token : added_.tokens()) {
        added_id_[static_cast<std::size_t>(token.id)] = true;
    }
    for (const AddedToken& token : added_.tokens()) {
        special_[static_cast<std::size_t>(token.id)] = added_.is_special(token.content);
        if (token.normalized) {
            respelled_.emplace(token.id, normalise(parts_.normaliser, token.content));
        }
    }
    skipped_ = special_;
    for (const auto& [id, text] : respelled_) {
        skipped_[static_cast<std::size_t>(id)] = added_.is_special(text);
    }
    const auto end_with = [&](TokenId id) {
        if (std::find(ends_.begin(), ends_.end(), id) == ends_.end()) {
            ends_.push_back(id);
        }
    };
    if (parts_.eos) {
        end_with(*parts_.eos);
    }
    for (const TokenId id : parts_.other_ends) {
        end_with(id);
    }
    for (const std::string_view name : end_names) {
        const auto id = parts_.vocabulary->find(name);
        if (id && is_special(*id)) {
            end_with(*id);
        }
    }
}

std::vector<TokenId> TextTokenizer::encode(std::string_view text, EncodeOptions options) const {
    std::string repaired;
    if (find_invalid_utf8(text)) {
        repaired = unicode::valid_utf8(text);
        text = repaired;
    }
    std::vector<TokenId> ids;
    ids.reserve(text.size() / 3 + 8);
    if (options.add_special) {
        ids = parts_.before;
    }
    for (const TextPart& part : added_.find(text, AddedTokens::In::raw_text, options.parse_special)) {
        if (part.id >= 0) {
            ids.push_back(part.id);
        } else {
            encode_raw(text.substr(part.begin, part.end - part.begin),
                       part.begin == 0 ? unicode::char_size(text[0]) : 0, options.parse_special, ids);
        }
    }
    if (options.add_special) {
        ids.insert(ids.end(), parts_.after.begin(), parts_.after.end());
    }
    return ids;
}

void TextTokenizer::encode_raw(std::string_view text, std::size_t leading, bool parse_special,
                               std::vector<TokenId>& ids) const {
    std::string normal;
    if (!parts_.normaliser.empty()) {
        std::string other;
        normal = text;
        normalise(parts_.normaliser, normal, other, leading);
        text = normal;
    }
    if (!added_.any(AddedTokens::In::normalised_text)) {
        return encode_words(text, leading, ids);
    }
    for (const TextPart& part : added_.find(text, AddedTokens::In::normalised_text, parse_special)) {
        if (part.id >= 0) {
            ids.push_back(part.id);
        } else {
            encode_words(text.substr(part.begin, part.end - part.begin),
                         leading > part.begin ? leading - part.begin : 0, ids);
        }
    }
}

void TextTokenizer::encode_words(std::string_view text, std::size_t leading, std::vector<TokenId>& ids) const {
    if (text.empty()) {
        return;
    }
    PieceStore store;
    std::vector<Piece> room;
    std::vector<Piece> pieces{{.text = text, .leading = leading}};
    split_pieces(parts_.splits, pieces, room, store);
    for (const Piece& piece : pieces) {
        parts_.model->encode(piece.text, ids);
    }
}

std::string TextTokenizer::decode(std::span<const TokenId> ids, bool skip_special) const {
    DecodeRun run(parts_.decoder);
    std::string text;
    for (const TokenId id : ids) {
        if (parts_.vocabulary->has(id) && !(skip_special && skipped_[static_cast<std::size_t>(id)])) {
            text += run.push(spelled(id));
        }
    }
    return text + run.finish();
}

std::string TextTokenizer::piece(TokenId id) const {
    const std::string_view text = parts_.vocabulary->text(id);
    if (text.empty() || added_id_[static_cast<std::size_t>(id)]) {
        return std::string(text);
    }
    if (parts_.byte_level) {
        return byte_alphabet::unspelled(text).value_or(std::string(text));
    }
    if (const auto byte = fallback_byte(text)) {
        return std::string(1, static_cast<char>(*byte));
    }
    return replace_all(text, parts_.space, nullptr, " ");
}

bool TextTokenizer::is_special(TokenId id) const {
    return id >= 0 && static_cast<std::size_t>(id) < special_.size() && special_[static_cast<std::size_t>(id)];
}

std::optional<TokenId> TextTokenizer::find(std::string_view token) const {
    return parts_.vocabulary->find(token);
}

std::string_view TextTokenizer::spelled(TokenId id) const {
    const auto found = respelled_.find(id);
    return found == respelled_.end() ? parts_.vocabulary->text(id) : std::string_view(found->second);
}

class TextStream final : public DecodeStream {
public:
    explicit TextStream(const TextTokenizer& tokenizer) : tokenizer_(tokenizer), run_(tokenizer.parts_.decoder) {}

    std::string push(TokenId id) override {
        const bool counts = tokenizer_.parts_.vocabulary->has(id) && !tokenizer_.skipped_[static_cast<std::size_t>(id)];
        return counts ? run_.push(tokenizer_.spelled(id)) : std::string();
    }
    std::string finish() override { return run_.finish(); }

private:
    const TextTokenizer& tokenizer_;
    DecodeRun run_;
};

std::unique_ptr<DecodeStream> TextTokenizer::stream() const {
    return std::make_unique<TextStream>(*this);
}

}  // namespace tandem
