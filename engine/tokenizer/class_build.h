// The tokenizer.json that a tokenizer class of transformers 5.17 makes of its own vocabulary files, so that one reader
// builds every tokenizer of the `tokenizers` library's kind. Errors: TOK_CONFIG. Thread rule: belongs to one thread.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "engine/tokenizer/folder_settings.h"
#include "engine/tokenizer/json_reader.h"

namespace tandem {

// What a class adds to the model: how texts are normalised, split and put together again, and its special tokens.
struct ClassParts {
    Json model;
    Json normalizer;
    Json pre_tokenizer;
    Json decoder;
    std::unordered_map<std::string, std::int64_t> ids;  // the model's tokens
    std::int64_t size = 0;                              // the next free id
    RoleTokens roles;
    std::vector<TokenSetting> extra;
};

class ClassBuild {
public:
    ClassBuild(const FolderSettings& settings, ClassParts parts);

    // The token of a role. Errors: it has none.
    Result<std::string> role(Role role) const;
    std::optional<std::int64_t> id(const std::string& token) const;
    const FolderSettings& settings() const { return settings_; }

    // The text stands between these tokens. Errors: one of them is no token.
    Result<void> frame(const std::vector<std::string>& before, const std::vector<std::string>& after);
    // add_bos_token and add_eos_token of tokenizer_config.json decide.
    Result<void> frame_by_flags();

    // Takes the tree away; bos and eos go into `hints`.
    Result<Json> finish(FolderHints& hints);

private:
    void add(const AddedToken& token);

    const FolderSettings& settings_;
    ClassParts parts_;
    std::vector<AddedToken> added_;
    std::unordered_map<std::string, std::size_t> added_at_;
    std::vector<std::string> special_;  // contents that count as special
    Json post_processor_;
};

// JSON of the parts that several classes share.
Json metaspace(const char* prepend_scheme, bool split);
Json whitespace_and_metaspace(const char* prepend_scheme);
Json replace_spaces_normalizer(const std::string& charsmap, bool newlines);  // runs of spaces become one
Json precompiled(const std::string& charsmap);                               // null where it is empty
Json sequence(const char* kind, std::vector<Json> parts);                    // kind: "normalizers", ...
Json byte_level(bool add_prefix_space, bool use_regex);

}  // namespace tandem
