// The added tokens of transformers' tokenizers in Python: which there are, with which ids, and which are special.
// Thread rule: const after make, shared freely.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/tokenizer/added_splitter.h"
#include "engine/tokenizer/folder_settings.h"

namespace tandem {

class PythonTokens {
public:
    struct Vocabulary {
        std::function<std::optional<TokenId>(const std::string&)> find;
        std::size_t size = 0;  // how many different tokens it has
    };
    // `first`: tokens that the class has from the start. Tokens that are not in the vocabulary get the next ids.
    static PythonTokens make(std::map<TokenId, AddedToken> first, const FolderSettings& settings,
                             const RoleTokens& roles, const std::vector<TokenSetting>& extra,
                             const Vocabulary& vocabulary);

    const AddedToken* at(TokenId id) const;
    std::optional<TokenId> find(const std::string& content) const;
    bool is_special(TokenId id) const;
    const std::vector<std::string>& special() const { return special_; }
    const AddedSplitter& splitter() const { return *splitter_; }
    TokenId largest() const { return by_id_.empty() ? -1 : by_id_.rbegin()->first; }

private:
    std::map<TokenId, AddedToken> by_id_;
    std::unordered_map<std::string, TokenId> ids_;
    std::vector<std::string> special_;
    std::shared_ptr<const AddedSplitter> splitter_;
};

}  // namespace tandem
