#include "engine/tokenizer/config_tokens.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <unordered_map>

#include "engine/api/utf8.h"
#include "engine/tokenizer/json_model.h"

namespace tandem {
namespace {

constexpr std::size_t most_added = 65536;
constexpr std::size_t longest_added = 1024;
constexpr std::array<const char*, 7> named_tokens{"bos_token", "eos_token", "unk_token", "sep_token",
                                                  "pad_token", "cls_token", "mask_token"};

// A list of tokens that finds them by their texts.
class TokenList {
public:
    explicit TokenList(std::vector<AddedToken>& tokens) : tokens_(tokens) {
        for (std::size_t i = 0; i < tokens_.size(); ++i) {
            places_.emplace(tokens_[i].content, i);
        }
    }
    const AddedToken* find(const std::string& content) const {
        const auto found = places_.find(content);
        return found == places_.end() ? nullptr : &tokens_[found->second];
    }
    // In the place of the one with the same text, or at the end.
    void put(AddedToken token) {
        const auto [place, is_new] = places_.emplace(token.content, tokens_.size());
        if (is_new) {
            tokens_.push_back(std::move(token));
        } else {
            tokens_[place->second] = std::move(token);
        }
    }

private:
    std::vector<AddedToken>& tokens_;
    std::unordered_map<std::string, std::size_t> places_;
};

// A token as its text or as an object with flags; absent where the value is neither.
Result<std::optional<ConfigToken>> read_token(const Json& value, const std::string& what, const std::string& origin) {
    if (value.is_string() && !value.get_ref<const std::string&>().empty()) {
        AddedToken token{.content = value.get<std::string>(), .special = true};
        return std::optional<ConfigToken>({.token = std::move(token)});
    }
    if (!value.is_object()) {
        return std::optional<ConfigToken>();
    }
    AddedToken token = TANDEM_TRY(read_added_token(JsonFields(value, what, origin), true));
    return std::optional<ConfigToken>({.token = std::move(token)});
}

Result<void> read_more_special(const Json& config, ConfigTokens& tokens, const std::string& origin) {
    const auto add = [&](const Json& value, const std::string& what) -> Result<void> {
        if (auto token = TANDEM_TRY(read_token(value, what, origin))) {
            tokens.special.push_back(*std::move(token));
        }
        return {};
    };
    for (const auto& [key, value] : config.items()) {
        const bool is_named = std::find(named_tokens.begin(), named_tokens.end(), key) != named_tokens.end();
        if (key.ends_with("_token") && !key.starts_with("add_") && !is_named) {
            TANDEM_TRY(add(value, key));
        }
    }
    const char* key = config.contains("extra_special_tokens") ? "extra_special_tokens" : "additional_special_tokens";
    if (config.contains(key) && config.at(key).size() <= most_added) {
        for (const Json& value : config.at(key)) {
            TANDEM_TRY(add(value, key));
        }
    }
    return {};
}

}  // namespace

Result<AddedToken> read_added_token(const JsonFields& fields, bool special) {
    AddedToken token;
    token.content = TANDEM_TRY(fields.text("content"));
    if (token.content.empty() || token.content.size() > longest_added) {
        return fields.refuse("a token's text must have 1 to " + std::to_string(longest_added) + " bytes, found " +
                             std::to_string(token.content.size()));
    }
    token.special = TANDEM_TRY(fields.truth("special", special));
    token.normalized = TANDEM_TRY(fields.truth("normalized", !token.special));
    token.single_word = TANDEM_TRY(fields.truth("single_word", false));
    token.lstrip = TANDEM_TRY(fields.truth("lstrip", false));
    token.rstrip = TANDEM_TRY(fields.truth("rstrip", false));
    return token;
}

Result<std::vector<AddedToken>> read_added_tokens(const Json* list, Vocabulary& vocabulary) {
    std::vector<AddedToken> added;
    if (list == nullptr) {
        return added;
    }
    if (!list->is_array() || list->size() > most_added) {
        return config_error("'added_tokens' must be a list of at most " + std::to_string(most_added),
                            vocabulary.origin());
    }
    TokenList list_of(added);
    for (const Json& item : *list) {
        const JsonFields fields(item, "added_tokens", vocabulary.origin());
        AddedToken token = TANDEM_TRY(read_added_token(fields, false));
        const Json* id = fields.find("id");
        const std::int64_t number =
            TANDEM_TRY(read_id(id == nullptr ? Json() : *id, token.content, vocabulary.origin()));
        const auto there = vocabulary.find(token.content);
        if (number < 0 || number >= Vocabulary::most_ids || (there && number != *there)) {
            return tokenizer_error("TOK_ID_RANGE",
                                   "the added token '" + printable(token.content) + "' has the id " +
                                       std::to_string(number) +
                                       (there ? ", in the vocabulary it has " + std::to_string(*there)
                                              : ", allowed are 0 to " + std::to_string(Vocabulary::most_ids - 1)),
                                   vocabulary.origin());
        }
        token.id = static_cast<TokenId>(number);
        if (!there) {
            TANDEM_TRY(vocabulary.add_outside(token.content, number));
        }
        list_of.put(std::move(token));
    }
    return added;
}

Result<void> check_added_ids(const std::vector<AddedToken>& added, const Vocabulary& vocabulary) {
    std::int64_t next = vocabulary.piece_count();
    for (const AddedToken& token : added) {
        if (vocabulary.find_piece(token.content)) {
            continue;
        }
        if (token.id != next) {
            return tokenizer_error("TOK_ID_RANGE",
                                   "the added token '" + printable(token.content) + "' has the id " +
                                       std::to_string(token.id) + ", the next free one is " + std::to_string(next) +
                                       "; readers of this format disagree on what it then means",
                                   vocabulary.origin());
        }
        ++next;
    }
    return {};
}

Result<ConfigTokens> read_config_tokens(const Json& own, const std::string& origin) {
    ConfigTokens tokens;
    if (own.contains("added_tokens_decoder") && own.at("added_tokens_decoder").is_object()) {
        std::map<std::int64_t, ConfigToken> by_id;
        for (const auto& [key, value] : own.at("added_tokens_decoder").items()) {
            const bool is_number = !key.empty() && key.size() <= 9 &&
                                   std::all_of(key.begin(), key.end(), [](char c) { return c >= '0' && c <= '9'; });
            if (!is_number || by_id.size() >= most_added) {
                return config_error("added_tokens_decoder: the key '" + printable(key) + "' is no token's id", origin);
            }
            const JsonFields fields(value, "added_tokens_decoder." + key, origin);
            by_id[std::stoll(key)] = {.token = TANDEM_TRY(read_added_token(fields, false))};
        }
        tokens.added.emplace();
        for (auto& [id, token] : by_id) {
            tokens.added->push_back(std::move(token));
        }
    }
    for (const char* key : named_tokens) {
        if (!own.contains(key)) {
            continue;
        }
        if (auto token = TANDEM_TRY(read_token(own.at(key), key, origin))) {
            token->named = true;
            tokens.special.push_back(*std::move(token));
        }
    }
    TANDEM_TRY(read_more_special(own, tokens, origin));
    return tokens;
}

Result<void> read_listed_tokens(const Json& list, const Json& config, const std::string& origin, ConfigTokens& tokens) {
    if (!list.is_object()) {
        return {};
    }
    if (list.size() > most_added) {
        return config_error("more than " + std::to_string(most_added) + " tokens", origin);
    }
    std::set<std::string> special;
    for (const ConfigToken& token : tokens.special) {
        if (token.named) {
            special.insert(token.token.content);
        }
    }
    if (config.contains("extra_special_tokens") && config.at("extra_special_tokens").is_array()) {
        for (const Json& value : config.at("extra_special_tokens")) {
            if (const auto token = TANDEM_TRY(read_token(value, "extra_special_tokens", origin))) {
                special.insert(token->token.content);
            }
        }
    }
    for (const auto& [text, id] : list.items()) {
        if (!id.is_number_integer() || id.get<std::int64_t>() < 0 || text.empty() || text.size() > longest_added) {
            return config_error("the token '" + printable(text.substr(0, 80)) + "' has the id " + shown(id) +
                                    ", need a text of 1 to " + std::to_string(longest_added) +
                                    " bytes and a whole number from 0",
                                origin);
        }
        const bool is_special = special.contains(text);
        tokens.listed[id.get<std::int64_t>()] = {.content = text, .special = is_special, .normalized = !is_special};
    }
    return {};
}

Result<void> apply_config_tokens(const ConfigTokens& config, std::optional<std::int64_t> vocab_size,
                                 Vocabulary& vocabulary, std::vector<AddedToken>& added) {
    TokenList all(added);
    std::int64_t next = vocabulary.piece_count();
    for (const AddedToken& token : added) {
        next = std::max<std::int64_t>(next, std::int64_t{token.id} + 1);
    }
    // Adds the token, or gives the one that is there its flags.
    const auto put = [&](AddedToken token) -> Result<void> {
        const auto there = vocabulary.find(token.content);
        if (!there && vocab_size && next >= *vocab_size) {
            return {};
        }
        if (!there) {
            TANDEM_TRY(vocabulary.add_outside(token.content, next));
        }
        token.id = there ? *there : static_cast<TokenId>(next++);
        all.put(std::move(token));
        return {};
    };
    // Where flags of special tokens are looked up.
    std::vector<AddedToken> described = added;
    if (config.added) {
        described.clear();
        for (const ConfigToken& one : *config.added) {
            TANDEM_TRY(put(one.token));
            described.push_back(one.token);
        }
    } else {
        // Where both name an id, tokenizer.json counts; where both name a text, the one of the larger id.
        std::map<std::int64_t, AddedToken> by_id = config.listed;
        for (const AddedToken& token : described) {
            by_id[token.id] = token;
        }
        const TokenList in_file(described);
        for (const auto& [id, token] : by_id) {
            TANDEM_TRY(put(token));
            if (in_file.find(token.content) == nullptr) {
                described.push_back(token);
            }
        }
    }
    const TokenList flags(described);
    for (const ConfigToken& one : config.special) {
        const AddedToken* known = one.named ? flags.find(one.token.content) : nullptr;
        if (known == nullptr && all.find(one.token.content) != nullptr) {
            continue;
        }
        AddedToken token = known == nullptr ? one.token : *known;
        token.special = true;
        TANDEM_TRY(put(std::move(token)));
    }
    return {};
}

}  // namespace tandem
