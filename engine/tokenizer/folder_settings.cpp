#include "engine/tokenizer/folder_settings.h"

#include <algorithm>

#include "engine/api/utf8.h"
#include "engine/tokenizer/small_json.h"
#include "engine/tokenizer/tokenizer_class.h"
#include "engine/tokenizer/tokenizer_error.h"

namespace tandem {
namespace {

constexpr std::size_t most_added = 65536;
constexpr std::size_t longest_token = 1024;

std::string text_at(const Json& object, const char* key) {
    return object.is_object() && object.contains(key) && object.at(key).is_string() ? object.at(key).get<std::string>()
                                                                                    : std::string();
}

}  // namespace

TokenSetting bare_token(std::string text) {
    return {.token = {.id = -1, .content = std::move(text), .special = true}, .bare = true};
}

Result<FolderSettings> FolderSettings::read(const std::filesystem::path& folder, bool with_tokenizer_json) {
    FolderSettings read;
    read.origin_ = (folder / "tokenizer_config.json").string();
    const Json config = TANDEM_TRY(read_small_json(folder / "tokenizer_config.json"));
    const Json model = TANDEM_TRY(read_small_json(folder / "config.json"));
    read.name_class(config, model);
    if (config.is_object()) {
        TANDEM_TRY(read.read_config(config));
    }
    if (with_tokenizer_json) {
        read.values_.erase("add_bos_token");
        read.values_.erase("add_eos_token");
    }
    if (!config.is_object() || !config.contains("added_tokens_decoder")) {
        const Json map = TANDEM_TRY(read_small_json(folder / "special_tokens_map.json"));
        if (map.is_object()) {
            read.origin_ = (folder / "special_tokens_map.json").string();
            TANDEM_TRY(read.read_map(map));
        }
        const Json list = TANDEM_TRY(read_small_json(folder / "added_tokens.json"));
        if (list.is_object()) {
            read.origin_ = (folder / "added_tokens.json").string();
            TANDEM_TRY(read.read_added(list));
        }
        read.origin_ = (folder / "tokenizer_config.json").string();
    }
    // A role's token has the flags that the list of added tokens gives it.
    for (auto& role : read.tokens_) {
        for (const auto& [id, token] : read.added) {
            if (role && role->token.content == token.token.content) {
                role = token;
            }
        }
    }
    return read;
}

void FolderSettings::name_class(const Json& config, const Json& model) {
    class_name_ = tokenizer_class_name(text_at(config, "tokenizer_class"), text_at(model, "tokenizer_class"),
                                       text_at(model, "model_type"));
}

Result<TokenSetting> FolderSettings::setting(const Json& value, const std::string& what) const {
    TokenSetting read;
    if (value.is_string()) {
        read = bare_token(value.get<std::string>());
    } else if (value.is_object() && value.contains("content") && value.at("content").is_string()) {
        const auto flag = [&](const char* key, bool absent) {
            return value.contains(key) && value.at(key).is_boolean() ? value.at(key).get<bool>() : absent;
        };
        read.bare = false;
        read.token = {.id = -1, .content = value.at("content").get<std::string>()};
        read.token.special = flag("special", false);
        read.token.normalized = flag("normalized", !read.token.special);
        read.says_normalized = value.contains("normalized") && value.at("normalized").is_boolean();
        read.token.single_word = flag("single_word", false);
        read.token.lstrip = flag("lstrip", false);
        read.token.rstrip = flag("rstrip", false);
    } else {
        return config_error("'" + what + "' must be a text or an object with 'content', found " + shown(value),
                            origin_);
    }
    if (read.token.content.size() > longest_token) {
        return config_error("'" + what + "' has " + std::to_string(read.token.content.size()) + " bytes, allowed are " +
                                std::to_string(longest_token),
                            origin_);
    }
    return read;
}

Result<std::vector<TokenSetting>> FolderSettings::settings(const Json& list, const std::string& what) const {
    std::vector<TokenSetting> read;
    if (!list.is_array() || list.size() > most_added) {
        return config_error(
            "'" + what + "' must be a list of at most " + std::to_string(most_added) + ", found " + shown(list),
            origin_);
    }
    for (const Json& item : list) {
        read.push_back(TANDEM_TRY(setting(item, what)));
    }
    return read;
}

Result<void> FolderSettings::read_config(const Json& config) {
    values_ = config;
    if (const auto decoder = config.find("added_tokens_decoder"); decoder != config.end()) {
        if (!decoder->is_object() || decoder->size() > most_added) {
            return config_error(
                "'added_tokens_decoder' must be an object of at most " + std::to_string(most_added) + " ids and tokens",
                origin_);
        }
        for (const auto& [key, value] : decoder->items()) {
            const bool is_number = !key.empty() && key.size() < 10 && key.find_first_not_of("0123456789") == key.npos;
            if (!is_number) {
                return config_error("'added_tokens_decoder' has the key '" + printable(key) + "', which is no id",
                                    origin_);
            }
            added[std::stoll(key)] = TANDEM_TRY(setting(value, "added_tokens_decoder." + key));
        }
    }
    for (const auto& [key, value] : config.items()) {
        const auto role = std::find(role_names.begin(), role_names.end(), key);
        if (role != role_names.end()) {
            const auto index = static_cast<std::size_t>(role - role_names.begin());
            given_[index] = true;
            if (!value.is_null()) {
                tokens_[index] = TANDEM_TRY(setting(value, key));
            }
        } else if (key.ends_with("_token") && (value.is_string() || value.is_object())) {
            own_roles.push_back(TANDEM_TRY(setting(value, key)));
        }
    }
    for (const char* key : {"additional_special_tokens", "extra_special_tokens"}) {
        const auto found = config.find(key);
        if (found == config.end() || found->is_null()) {
            continue;
        }
        if (found->is_object() && std::string_view(key) == "extra_special_tokens") {
            for (const auto& [name, value] : found->items()) {
                own_roles.push_back(TANDEM_TRY(setting(value, name)));
            }
        } else {
            extra = TANDEM_TRY(settings(*found, key));
        }
    }
    return {};
}

Result<void> FolderSettings::read_map(const Json& map) {
    for (const auto& [key, value] : map.items()) {
        const auto role = std::find(role_names.begin(), role_names.end(), key);
        if (role != role_names.end()) {
            const auto index = static_cast<std::size_t>(role - role_names.begin());
            given_[index] = true;
            tokens_[index].reset();
            if (!value.is_null()) {
                tokens_[index] = TANDEM_TRY(setting(value, key));
                if (!tokens_[index]->bare) {
                    const bool says = value.contains("normalized");
                    tokens_[index]->token.special = true;
                    tokens_[index]->token.normalized = says && tokens_[index]->token.normalized;
                }
            }
        } else if (key == "additional_special_tokens" && !value.is_null()) {
            mapped = TANDEM_TRY(settings(value, key));
        } else if (key == "extra_special_tokens" && value.is_array()) {
            std::vector<TokenSetting> all = extra.value_or(std::vector<TokenSetting>());
            for (TokenSetting& token : TANDEM_TRY(settings(value, key))) {
                const auto same = [&](const TokenSetting& other) { return other.token.content == token.token.content; };
                if (std::none_of(all.begin(), all.end(), same)) {
                    token.token.special = true;
                    all.push_back(token);
                }
            }
            extra = std::move(all);
        }
    }
    return {};
}

Result<void> FolderSettings::read_added(const Json& list) {
    if (list.size() > most_added) {
        return config_error("added_tokens.json has more than " + std::to_string(most_added) + " tokens", origin_);
    }
    const auto named = [&](const std::string& text) {
        const auto same = [&](const TokenSetting& token) { return token.token.content == text; };
        return std::any_of(tokens_.begin(), tokens_.end(), [&](const auto& role) { return role && same(*role); }) ||
               (extra && std::any_of(extra->begin(), extra->end(), same));
    };
    for (const auto& [text, id] : list.items()) {
        if (!id.is_number_integer() || id.get<std::int64_t>() < 0) {
            return config_error("added_tokens.json gives '" + printable(text) + "' the id " + shown(id), origin_);
        }
        const bool special = named(text);
        added[id.get<std::int64_t>()] = {
            .token = {.id = -1, .content = text, .special = special, .normalized = !special},
            .bare = false,
            .says_normalized = true};
    }
    return {};
}

std::optional<TokenSetting> FolderSettings::token(Role role, const char* absent) const {
    const auto index = static_cast<std::size_t>(role);
    if (given_[index] || absent == nullptr) {
        return tokens_[index];
    }
    return bare_token(absent);
}

RoleTokens FolderSettings::roles(const std::array<const char*, role_names.size()>& absent) const {
    RoleTokens tokens;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        tokens[i] = token(static_cast<Role>(i), absent[i]);
    }
    return tokens;
}

Result<bool> FolderSettings::truth(const char* key, bool absent) const {
    if (!has(key)) {
        return absent;
    }
    const Json& value = values_.at(key);
    if (!value.is_boolean()) {
        return config_error("'" + std::string(key) + "' must be true or false, found " + shown(value), origin_);
    }
    return value.get<bool>();
}

Result<std::size_t> FolderSettings::count(const char* key, std::size_t absent, std::size_t most) const {
    if (!has(key)) {
        return absent;
    }
    const Json& value = values_.at(key);
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() > most) {
        return config_error("'" + std::string(key) + "' must be a whole number from 0 to " + std::to_string(most) +
                                ", found " + shown(value),
                            origin_);
    }
    return value.get<std::size_t>();
}

Result<std::optional<std::string>> FolderSettings::text(const char* key) const {
    if (!has(key)) {
        return std::optional<std::string>();
    }
    const Json& value = values_.at(key);
    if (!value.is_string()) {
        return config_error("'" + std::string(key) + "' must be a text, found " + shown(value), origin_);
    }
    return std::optional<std::string>(value.get<std::string>());
}

}  // namespace tandem
