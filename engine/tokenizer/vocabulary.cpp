#include "engine/tokenizer/vocabulary.h"

#include "engine/api/utf8.h"
#include "engine/tokenizer/tokenizer_error.h"

namespace tandem {
namespace {

constexpr std::size_t most_bytes = 64U << 20;

}  // namespace

Result<void> Vocabulary::place(std::string_view text, std::int64_t id) {
    if (id < 0 || id >= most_ids) {
        return tokenizer_error("TOK_ID_RANGE",
                               "token '" + printable(text) + "' has the id " + std::to_string(id) +
                                   ", allowed are 0 to " + std::to_string(most_ids - 1),
                               origin_);
    }
    const auto index = static_cast<std::size_t>(id);
    if (index < texts_.size() && texts_[index]) {
        return tokenizer_error("TOK_ID_RANGE",
                               "the id " + std::to_string(id) + " belongs to '" + printable(*texts_[index]) +
                                   "' and to '" + printable(text) + "'",
                               origin_);
    }
    bytes_ += text.size();
    if (bytes_ > most_bytes) {
        return config_error("the vocabulary has more than " + std::to_string(most_bytes) + " bytes of text", origin_);
    }
    if (index >= texts_.size()) {
        texts_.resize(index + 1);
    }
    texts_[index] = std::make_unique<const std::string>(text);
    ++count_;
    return {};
}

Result<void> Vocabulary::add(std::string_view text, std::int64_t id) {
    if (const auto there = find(text)) {
        return config_error("the token '" + printable(text) + "' is there twice, with ids " + std::to_string(*there) +
                                " and " + std::to_string(id),
                            origin_);
    }
    TANDEM_TRY(place(text, id));
    ids_.emplace(*texts_[static_cast<std::size_t>(id)], static_cast<TokenId>(id));
    return {};
}

Result<void> Vocabulary::add_outside(std::string_view text, std::int64_t id) {
    TANDEM_TRY(add(text, id));
    outside_.insert(static_cast<TokenId>(id));
    return {};
}

Result<void> Vocabulary::add_alias(std::string_view text, std::int64_t id) {
    return place(text, id);
}

std::optional<TokenId> Vocabulary::find(std::string_view text) const {
    const auto found = ids_.find(text);
    return found == ids_.end() ? std::nullopt : std::optional<TokenId>(found->second);
}

std::optional<TokenId> Vocabulary::find_piece(std::string_view text) const {
    const auto found = find(text);
    return found && !outside_.empty() && outside_.contains(*found) ? std::nullopt : found;
}

bool Vocabulary::has(TokenId id) const {
    return id >= 0 && static_cast<std::size_t>(id) < texts_.size() && texts_[static_cast<std::size_t>(id)] != nullptr;
}

std::string_view Vocabulary::text(TokenId id) const {
    return has(id) ? std::string_view(*texts_[static_cast<std::size_t>(id)]) : std::string_view();
}

}  // namespace tandem
