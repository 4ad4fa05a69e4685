#include "engine/tokenizer/gguf_tokens.h"

#include <algorithm>
#include <cmath>

#include "engine/api/utf8.h"
#include "engine/tokenizer/tokenizer_error.h"

namespace tandem {

Error GgufTokens::refuse(const std::string& message) const {
    return config_error(message, file_.origin());
}

Error GgufTokens::wrong_length(const std::string& key, const std::string& type, std::size_t found) const {
    return tokenizer_error("GGUF_KV_TYPE",
                           key + ": need " + type + "[" + std::to_string(types_.size()) +
                               "], one for each token, found " + std::to_string(found),
                           file_.origin());
}

Result<void> GgufTokens::read_tokens(TokenizerParts& parts, Spelling spelled) {
    vocabulary_ = std::make_shared<Vocabulary>(file_.origin());
    std::vector<std::string> tokens = TANDEM_TRY(file_.texts("tokenizer.ggml.tokens"));
    types_.assign(tokens.size(), normal);
    if (file_.has("tokenizer.ggml.token_type")) {
        std::vector<std::int64_t> types = TANDEM_TRY(file_.integers("tokenizer.ggml.token_type"));
        if (types.size() != tokens.size()) {
            return wrong_length("tokenizer.ggml.token_type", "int32", types.size());
        }
        types_ = std::move(types);
    }
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        if (find_invalid_utf8(tokens[i])) {
            return refuse("token " + std::to_string(i) + " '" + printable(tokens[i]) + "' is not UTF-8");
        }
        if (types_[i] < normal || types_[i] > byte) {
            return refuse("token " + std::to_string(i) + " has the type " + std::to_string(types_[i]) +
                          ", known are 1 to 6");
        }
        if (spelled != nullptr) {
            tokens[i] = spelled(tokens[i], types_[i]);
        }
        TANDEM_TRY(vocabulary_->add(tokens[i], static_cast<std::int64_t>(i)));
        const bool special = types_[i] == control || types_[i] == unknown;
        if ((special || types_[i] == user_defined) && !tokens[i].empty()) {
            parts.added.push_back(
                {.id = static_cast<TokenId>(i), .content = tokens[i], .special = special, .normalized = false});
        }
    }
    parts.vocabulary = vocabulary_;
    return {};
}

Result<std::vector<float>> GgufTokens::read_scores() const {
    const std::vector<double> stored = TANDEM_TRY(file_.reals("tokenizer.ggml.scores"));
    if (stored.size() != types_.size()) {
        return wrong_length("tokenizer.ggml.scores", "float32", stored.size());
    }
    std::vector<float> scores;
    scores.reserve(stored.size());
    for (std::size_t i = 0; i < stored.size(); ++i) {
        if (std::isnan(stored[i])) {
            return refuse("the score of token " + std::to_string(i) + " is not a number");
        }
        scores.push_back(static_cast<float>(stored[i]));
    }
    return scores;
}

Result<std::optional<TokenId>> GgufTokens::id_at(const char* key) const {
    if (!file_.has(key)) {
        return std::optional<TokenId>();
    }
    const std::int64_t id = TANDEM_TRY(file_.integer(key));
    if (id < 0 || id >= vocabulary_->size()) {
        return tokenizer_error("TOK_ID_RANGE",
                               std::string(key) + " is " + std::to_string(id) + ", allowed are 0 to " +
                                   std::to_string(vocabulary_->size() - 1),
                               file_.origin());
    }
    return std::optional<TokenId>(static_cast<TokenId>(id));
}

Result<bool> GgufTokens::flag(const char* key, bool absent) const {
    const auto found = file_.metadata().find(key);
    if (found == file_.metadata().end()) {
        return absent;
    }
    const bool* value = std::get_if<bool>(&found->second);
    if (value == nullptr) {
        return tokenizer_error("GGUF_KV_TYPE", std::string(key) + ": need bool", file_.origin());
    }
    return *value;
}

Result<std::optional<TokenId>> GgufTokens::unknown_id() const {
    if (file_.has("tokenizer.ggml.unknown_token_id")) {
        return id_at("tokenizer.ggml.unknown_token_id");
    }
    const auto found = std::find(types_.begin(), types_.end(), unknown);
    return found == types_.end() ? std::optional<TokenId>()
                                 : std::optional<TokenId>(static_cast<TokenId>(found - types_.begin()));
}

Result<void> GgufTokens::surround(TokenizerParts& parts, bool bos_by_default, bool eos_by_default) const {
    parts.bos = TANDEM_TRY(id_at("tokenizer.ggml.bos_token_id"));
    if (TANDEM_TRY(flag("tokenizer.ggml.add_bos_token", bos_by_default && parts.bos.has_value()))) {
        if (!parts.bos) {
            return refuse("tokenizer.ggml.add_bos_token is true, but there is no tokenizer.ggml.bos_token_id");
        }
        parts.before.push_back(*parts.bos);
    }
    const auto eos = TANDEM_TRY(id_at("tokenizer.ggml.eos_token_id"));
    if (TANDEM_TRY(flag("tokenizer.ggml.add_eos_token", eos_by_default && eos.has_value()))) {
        if (!eos) {
            return refuse("tokenizer.ggml.add_eos_token is true, but there is no tokenizer.ggml.eos_token_id");
        }
        parts.after.push_back(*eos);
    }
    return {};
}

}  // namespace tandem
