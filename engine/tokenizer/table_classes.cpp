#include "engine/tokenizer/table_classes.h"

#include <algorithm>

#include "engine/api/utf8.h"
#include "engine/tensor/mapped_file.h"
#include "engine/tokenizer/split_kinds.h"
#include "engine/tokenizer/tokenizer_error.h"
#include "engine/tokenizer/unicode.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t most_table_bytes = std::size_t{64} << 20;

Result<std::shared_ptr<const MappedFile>> open_table(const fs::path& path) {
    auto file = TANDEM_TRY(MappedFile::open(path));
    if (file->bytes().size() > most_table_bytes) {
        return config_error("the file has " + std::to_string(file->bytes().size()) + " bytes, allowed are " +
                                std::to_string(most_table_bytes),
                            path.string());
    }
    return file;
}

std::string_view text_of(const MappedFile& file) {
    return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

// Lines as Rust's `lines` cuts them: at "\n", a "\r" before it goes as well.
template <class Take>
Result<void> each_line(const fs::path& path, const Take& take) {
    const auto file = TANDEM_TRY(open_table(path));
    std::string_view text = text_of(*file);
    if (const auto bad = find_invalid_utf8(text)) {
        return config_error("the file is not UTF-8 (byte " + std::to_string(*bad) + ")", path.string());
    }
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.ends_with('\r')) {
            line.remove_suffix(1);
        }
        TANDEM_TRY(take(line));
    }
    return {};
}

Result<Json> read_merges(const fs::path& path) {
    Json merges = Json::array();
    TANDEM_TRY(each_line(path, [&](std::string_view line) -> Result<void> {
        if (line.starts_with("#version")) {
            return {};
        }
        const std::size_t space = line.find(' ');
        if (space == std::string_view::npos || line.find(' ', space + 1) != std::string_view::npos) {
            return config_error("merge " + std::to_string(merges.size()) + " '" + printable(line) +
                                    "' must be two tokens with a space between them",
                                path.string());
        }
        merges.push_back(Json::array({std::string(line.substr(0, space)), std::string(line.substr(space + 1))}));
        return {};
    }));
    return merges;
}

Result<void> fill_ids(const Json& vocabulary, const std::string& origin, ClassParts& parts) {
    for (const auto& [token, id] : vocabulary.items()) {
        if (!id.is_number_integer() || id.get<std::int64_t>() < 0) {
            return tokenizer_error(
                "TOK_ID_RANGE",
                "the token '" + printable(token) + "' has the id " + shown(id) + ", which is no whole number from 0",
                origin);
        }
        parts.ids.emplace(token, id.get<std::int64_t>());
    }
    parts.size = static_cast<std::int64_t>(vocabulary.size());
    return {};
}

std::string_view without_spaces_behind(std::string_view line) {
    while (!line.empty()) {
        std::size_t last = line.size() - 1;
        while (last > 0 && (static_cast<unsigned char>(line[last]) & 0xC0U) == 0x80U) {
            --last;
        }
        if (!unicode::is_whitespace(unicode::first_char(line.substr(last)).code)) {
            break;
        }
        line = line.substr(0, last);
    }
    return line;
}

using Absent = std::array<const char*, role_names.size()>;

Absent roles_of(TokenizerClass which) {
    constexpr const char* end = "<|endoftext|>";
    switch (which) {
        case TokenizerClass::roberta:
            return {"<s>", "</s>", "<unk>", "</s>", "<pad>", "<s>", "<mask>"};
        case TokenizerClass::gpt_neox:
            return {end, end, end, nullptr, "<|padding|>", nullptr, nullptr};
        case TokenizerClass::qwen2:
            return {nullptr, end, end, nullptr, end, nullptr, nullptr};
        default:
            return {end, end, end, nullptr, nullptr, nullptr, nullptr};
    }
}

}  // namespace

Result<Json> merges_tree(TokenizerClass which, const fs::path& folder, const FolderSettings& settings,
                         FolderHints& hints) {
    const fs::path vocabulary_file = folder / "vocab.json";
    const auto file = TANDEM_TRY(open_table(vocabulary_file));
    Json vocabulary = TANDEM_TRY(parse_bounded_json(text_of(*file), vocabulary_file.string()));
    if (!vocabulary.is_object()) {
        return config_error("need an object of tokens and ids, found " + shown(vocabulary), vocabulary_file.string());
    }
    ClassParts parts;
    TANDEM_TRY(fill_ids(vocabulary, vocabulary_file.string(), parts));
    parts.model = {{"type", "BPE"}, {"fuse_unk", false}, {"byte_fallback", false}, {"ignore_merges", false}};
    parts.model["vocab"] = std::move(vocabulary);
    parts.model["merges"] = TANDEM_TRY(read_merges(folder / "merges.txt"));
    parts.roles = settings.roles(roles_of(which));
    parts.extra = settings.extra ? *settings.extra : settings.mapped.value_or(std::vector<TokenSetting>());
    const bool prefix = TANDEM_TRY(settings.truth("add_prefix_space", false));
    if (which == TokenizerClass::qwen2) {
        parts.pre_tokenizer = sequence("pretokenizers", {Json{{"type", "Split"},
                                                              {"pattern", {{"Regex", qwen2_expression}}},
                                                              {"behavior", "Isolated"},
                                                              {"invert", false}},
                                                         byte_level(prefix, false)});
    } else {
        parts.pre_tokenizer = byte_level(prefix, true);
    }
    if (which == TokenizerClass::qwen2 || which == TokenizerClass::gpt_neox) {
        parts.normalizer = {{"type", "NFC"}};
    }
    parts.decoder = {{"type", "ByteLevel"}};
    ClassBuild build(settings, std::move(parts));
    if (which == TokenizerClass::roberta) {
        TANDEM_TRY(build.frame({TANDEM_TRY(build.role(Role::cls))}, {TANDEM_TRY(build.role(Role::sep))}));
    } else {
        TANDEM_TRY(build.frame_by_flags());
    }
    return build.finish(hints);
}

Result<Json> wordpiece_tree(const fs::path& folder, const FolderSettings& settings, FolderHints& hints) {
    const fs::path path = folder / "vocab.txt";
    ClassParts parts;
    Json vocabulary = Json::object();
    std::int64_t line_number = 0;
    TANDEM_TRY(each_line(path, [&](std::string_view line) -> Result<void> {
        const std::string token(without_spaces_behind(line));
        parts.ids[token] = line_number;
        vocabulary[token] = line_number;
        ++line_number;
        return {};
    }));
    parts.size = static_cast<std::int64_t>(vocabulary.size());
    parts.roles = settings.roles({nullptr, nullptr, "[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"});
    parts.extra = settings.extra ? *settings.extra : settings.mapped.value_or(std::vector<TokenSetting>());
    const auto& unknown = parts.roles[static_cast<std::size_t>(Role::unk)];
    if (!unknown) {
        return config_error("WordPiece needs an unk_token", settings.origin());
    }
    const bool lowercase = TANDEM_TRY(settings.truth("do_lower_case", true));
    Json accents;
    if (settings.has("strip_accents")) {
        accents = TANDEM_TRY(settings.truth("strip_accents", false));
    }
    parts.normalizer = {{"type", "BertNormalizer"},
                        {"clean_text", true},
                        {"handle_chinese_chars", TANDEM_TRY(settings.truth("tokenize_chinese_chars", true))},
                        {"strip_accents", accents},
                        {"lowercase", lowercase}};
    parts.pre_tokenizer = {{"type", "BertPreTokenizer"}};
    parts.decoder = {{"type", "WordPiece"}, {"prefix", "##"}, {"cleanup", true}};
    parts.model = {{"type", "WordPiece"},
                   {"unk_token", unknown->token.content},
                   {"continuing_subword_prefix", "##"},
                   {"max_input_chars_per_word", 100U}};
    parts.model["vocab"] = std::move(vocabulary);
    ClassBuild build(settings, std::move(parts));
    TANDEM_TRY(build.frame({TANDEM_TRY(build.role(Role::cls))}, {TANDEM_TRY(build.role(Role::sep))}));
    return build.finish(hints);
}

}  // namespace tandem
