#include "engine/tokenizer/python_tokens.h"

#include <algorithm>
#include <unordered_set>

namespace tandem {

PythonTokens PythonTokens::make(std::map<TokenId, AddedToken> first, const FolderSettings& settings,
                                const RoleTokens& roles, const std::vector<TokenSetting>& extra,
                                const Vocabulary& vocabulary) {
    PythonTokens made;
    made.by_id_ = std::move(first);
    for (const auto& [id, token] : settings.added) {
        made.by_id_[static_cast<TokenId>(id)] = token.token;
    }
    std::unordered_set<std::string> outside;
    for (const auto& [id, token] : made.by_id_) {
        made.ids_[token.content] = id;
        if (!vocabulary.find(token.content)) {
            outside.insert(token.content);
        }
    }
    const auto name_special = [&](const TokenSetting& token) {
        if (!token.token.content.empty() &&
            std::find(made.special_.begin(), made.special_.end(), token.token.content) == made.special_.end()) {
            made.special_.push_back(token.token.content);
        }
    };
    for (const auto& role : roles) {
        if (role) {
            name_special(*role);
        }
    }
    std::for_each(settings.own_roles.begin(), settings.own_roles.end(), name_special);
    std::for_each(extra.begin(), extra.end(), name_special);
    auto next = static_cast<TokenId>(vocabulary.size + outside.size());
    for (const std::string& content : made.special_) {
        if (!made.ids_.contains(content)) {
            const auto known = vocabulary.find(content);
            const TokenId id = known ? *known : next++;
            made.by_id_[id] = {.id = id, .content = content};
            made.ids_[content] = id;
        }
    }
    const std::unordered_set<std::string> special(made.special_.begin(), made.special_.end());
    for (auto& [id, token] : made.by_id_) {
        token.id = id;
        token.special = special.contains(token.content);
    }
    made.splitter_ = std::make_shared<const AddedSplitter>(made.by_id_);
    return made;
}

const AddedToken* PythonTokens::at(TokenId id) const {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : &found->second;
}

std::optional<TokenId> PythonTokens::find(const std::string& content) const {
    const auto found = ids_.find(content);
    return found == ids_.end() ? std::nullopt : std::optional<TokenId>(found->second);
}

bool PythonTokens::is_special(TokenId id) const {
    const AddedToken* token = at(id);
    return token != nullptr && token->special;
}

}  // namespace tandem
