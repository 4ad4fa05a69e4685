#include "engine/tokenizer/class_build.h"

#include <algorithm>

#include "engine/api/utf8.h"
#include "engine/tokenizer/tokenizer_error.h"

namespace tandem {
namespace {

constexpr const char* space_mark = "\xE2\x96\x81";  // U+2581

std::string base64(std::string_view bytes) {
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        const std::size_t count = std::min<std::size_t>(3, bytes.size() - at);
        std::uint32_t bits = 0;
        for (std::size_t i = 0; i < 3; ++i) {
            bits = bits << 8 | (i < count ? static_cast<unsigned char>(bytes[at + i]) : 0U);
        }
        for (std::size_t i = 0; i < 4; ++i) {
            text += i <= count ? digits[bits >> (18 - 6 * i) & 63U] : '=';
        }
    }
    return text;
}

}  // namespace

ClassBuild::ClassBuild(const FolderSettings& settings, ClassParts parts)
    : settings_(settings), parts_(std::move(parts)) {
    std::vector<TokenSetting> wanted;
    const auto want = [&](const TokenSetting& token) {
        const auto same = [&](const TokenSetting& other) { return other.token.content == token.token.content; };
        if (std::none_of(wanted.begin(), wanted.end(), same)) {
            wanted.push_back(token);
        }
    };
    const auto is_role = [&](const std::string& content) {
        const auto same = [&](const auto& role) { return role && role->token.content == content; };
        const auto own = [&](const TokenSetting& role) { return role.token.content == content; };
        return std::any_of(parts_.roles.begin(), parts_.roles.end(), same) ||
               std::any_of(settings_.own_roles.begin(), settings_.own_roles.end(), own);
    };
    for (const auto& [id, token] : settings_.added) {
        want(token);
    }
    for (const auto& role : parts_.roles) {
        if (role) {
            want(*role);
        }
    }
    for (const TokenSetting& role : settings_.own_roles) {
        want(role);
    }
    for (const TokenSetting& token : parts_.extra) {
        want(token);
    }
    for (TokenSetting& setting : wanted) {
        AddedToken& token = setting.token;
        if (!token.special && is_role(token.content)) {
            token.special = true;
            token.normalized = token.normalized && setting.says_normalized;
        }
        add(token);
    }
}

// As the `tokenizers` library adds tokens: a token of the model keeps its id, a new one gets the next free id.
void ClassBuild::add(const AddedToken& token) {
    if (token.content.empty() || added_at_.contains(token.content)) {
        return;
    }
    AddedToken added = token;
    const auto known = parts_.ids.find(token.content);
    added.id = static_cast<TokenId>(known == parts_.ids.end() ? parts_.size++ : known->second);
    added_at_.emplace(added.content, added_.size());
    added_.push_back(std::move(added));
}

Result<std::string> ClassBuild::role(Role role) const {
    const auto& token = parts_.roles[static_cast<std::size_t>(role)];
    if (!token) {
        return config_error(std::string("the class ") + settings_.class_name() + " needs a " +
                                role_names[static_cast<std::size_t>(role)],
                            settings_.origin());
    }
    return token->token.content;
}

std::optional<std::int64_t> ClassBuild::id(const std::string& token) const {
    const auto added = added_at_.find(token);
    if (added != added_at_.end()) {
        return added_[added->second].id;
    }
    const auto known = parts_.ids.find(token);
    return known == parts_.ids.end() ? std::optional<std::int64_t>() : std::optional<std::int64_t>(known->second);
}

Result<void> ClassBuild::frame(const std::vector<std::string>& before, const std::vector<std::string>& after) {
    Json single = Json::array();
    Json tokens = Json::object();
    const auto put = [&](const std::string& name) -> Result<void> {
        const auto known = id(name);
        if (!known) {
            return config_error("'" + printable(name) + "', which stands around every text, is no token",
                                settings_.origin());
        }
        single.push_back(Json{{"SpecialToken", {{"id", name}, {"type_id", 0}}}});
        tokens[name] = {{"id", name}, {"ids", Json::array({*known})}, {"tokens", Json::array({name})}};
        return {};
    };
    for (const std::string& name : before) {
        TANDEM_TRY(put(name));
    }
    single.push_back(Json{{"Sequence", {{"id", "A"}, {"type_id", 0}}}});
    for (const std::string& name : after) {
        TANDEM_TRY(put(name));
    }
    post_processor_ = {{"type", "TemplateProcessing"},
                       {"single", std::move(single)},
                       {"pair", Json::array()},
                       {"special_tokens", std::move(tokens)}};
    return {};
}

Result<void> ClassBuild::frame_by_flags() {
    std::vector<std::string> before;
    std::vector<std::string> after;
    const auto& bos = parts_.roles[static_cast<std::size_t>(Role::bos)];
    const auto& eos = parts_.roles[static_cast<std::size_t>(Role::eos)];
    if (TANDEM_TRY(settings_.truth("add_bos_token", false)) && bos) {
        before.push_back(bos->token.content);
    }
    if (TANDEM_TRY(settings_.truth("add_eos_token", false)) && eos) {
        after.push_back(eos->token.content);
    }
    return frame(before, after);
}

Result<Json> ClassBuild::finish(FolderHints& hints) {
    const auto name = [](const std::optional<TokenSetting>& token) {
        return token && !token->token.content.empty()
                   ? std::optional<FolderHints::NamedToken>({.text = token->token.content})
                   : std::nullopt;
    };
    hints.bos = name(parts_.roles[static_cast<std::size_t>(Role::bos)]);
    hints.eos = name(parts_.roles[static_cast<std::size_t>(Role::eos)]);
    std::sort(added_.begin(), added_.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
    Json added = Json::array();
    for (const AddedToken& token : added_) {
        added.push_back(Json{{"id", token.id},
                             {"content", token.content},
                             {"single_word", token.single_word},
                             {"lstrip", token.lstrip},
                             {"rstrip", token.rstrip},
                             {"normalized", token.normalized},
                             {"special", token.special}});
    }
    Json tree = {{"added_tokens", std::move(added)},
                 {"normalizer", std::move(parts_.normalizer)},
                 {"pre_tokenizer", std::move(parts_.pre_tokenizer)},
                 {"post_processor", std::move(post_processor_)},
                 {"decoder", std::move(parts_.decoder)}};
    tree["model"] = std::move(parts_.model);
    return tree;
}

Json metaspace(const char* prepend_scheme, bool split) {
    return {{"type", "Metaspace"}, {"replacement", space_mark}, {"prepend_scheme", prepend_scheme}, {"split", split}};
}

Json sequence(const char* kind, std::vector<Json> parts) {
    Json list = Json::array();
    for (Json& part : parts) {
        if (!part.is_null()) {
            list.push_back(std::move(part));
        }
    }
    Json made = {{"type", "Sequence"}};
    made[kind] = std::move(list);
    return made;
}

Json whitespace_and_metaspace(const char* prepend_scheme) {
    return sequence("pretokenizers", {Json{{"type", "WhitespaceSplit"}}, metaspace(prepend_scheme, true)});
}

Json precompiled(const std::string& charsmap) {
    return charsmap.empty() ? Json() : Json{{"type", "Precompiled"}, {"precompiled_charsmap", base64(charsmap)}};
}

Json replace_spaces_normalizer(const std::string& charsmap, bool newlines) {
    const auto replace = [](const char* regex) {
        return Json{{"type", "Replace"}, {"pattern", {{"Regex", regex}}}, {"content", " "}};
    };
    return sequence("normalizers", {precompiled(charsmap), newlines ? replace("\\n") : Json(), replace(" {2,}")});
}

Json byte_level(bool add_prefix_space, bool use_regex) {
    return {{"type", "ByteLevel"},
            {"add_prefix_space", add_prefix_space},
            {"trim_offsets", true},
            {"use_regex", use_regex}};
}

}  // namespace tandem
