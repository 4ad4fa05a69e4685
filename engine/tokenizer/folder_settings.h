// What a folder's small files say about a tokenizer whose vocabulary is in files of its own class (spiece.model,
// vocab.json and merges.txt, vocab.txt): tokenizer_config.json, special_tokens_map.json, added_tokens.json and
// config.json, merged in the order transformers 5.17 merges them. Errors: TOK_CONFIG, JSON_*. Thread rule: plain data.
#pragma once

#include <array>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/tokenizer/added_tokens.h"
#include "engine/tokenizer/bounded_json.h"

namespace tandem {

// A special token as a file spells it: bare text, or an object with flags of its own.
struct TokenSetting {
    AddedToken token;  // without an id
    bool bare = true;
    bool says_normalized = false;  // else a token that turns out to be special is looked for in the raw text
};

enum class Role { bos, eos, unk, sep, pad, cls, mask };
inline constexpr std::array<const char*, 7> role_names{"bos_token", "eos_token", "unk_token", "sep_token",
                                                       "pad_token", "cls_token", "mask_token"};

// Which token has which role; the order of roles is the order in which missing tokens get their ids.
using RoleTokens = std::array<std::optional<TokenSetting>, role_names.size()>;

TokenSetting bare_token(std::string text);

class FolderSettings {
public:
    // `with_tokenizer_json`: the folder's tokenizer.json is there as well, which changes what counts.
    static Result<FolderSettings> read(const std::filesystem::path& folder, bool with_tokenizer_json);

    // The class of tokenizer, without "Fast"; empty where nothing says it.
    const std::string& class_name() const { return class_name_; }
    const std::string& origin() const { return origin_; }

    // The files' token for a role, else the class's own (none: nullptr). A role set to null has no token.
    std::optional<TokenSetting> token(Role role, const char* absent) const;
    // Every role: `absent` holds the class's own tokens, nullptr where it has none.
    RoleTokens roles(const std::array<const char*, role_names.size()>& absent) const;

    // Values of tokenizer_config.json; null counts as absent.
    Result<bool> truth(const char* key, bool absent) const;
    Result<std::size_t> count(const char* key, std::size_t absent, std::size_t most) const;
    Result<std::optional<std::string>> text(const char* key) const;
    bool has(const char* key) const { return values_.contains(key) && !values_.at(key).is_null(); }
    bool names(const char* key) const { return values_.contains(key); }  // also where it is null

    std::map<std::int64_t, TokenSetting> added;       // added_tokens_decoder, or added_tokens.json
    std::optional<std::vector<TokenSetting>> extra;   // extra_special_tokens of tokenizer_config.json
    std::optional<std::vector<TokenSetting>> mapped;  // additional_special_tokens of special_tokens_map.json
    std::vector<TokenSetting> own_roles;              // tokens of roles that only this model has ("image_token")

private:
    Result<void> read_config(const Json& config);
    Result<void> read_map(const Json& map);
    Result<void> read_added(const Json& list);
    Result<TokenSetting> setting(const Json& value, const std::string& what) const;
    Result<std::vector<TokenSetting>> settings(const Json& list, const std::string& what) const;
    void name_class(const Json& config, const Json& model);

    std::string origin_;
    std::string class_name_;
    Json values_ = Json::object();
    std::array<bool, role_names.size()> given_{};
    RoleTokens tokens_;
};

}  // namespace tandem
