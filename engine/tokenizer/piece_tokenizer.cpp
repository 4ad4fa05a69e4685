#include "engine/tokenizer/piece_tokenizer.h"

#include <algorithm>

#include "engine/api/utf8.h"
#include "engine/tensor/mapped_file.h"
#include "engine/tokenizer/language_codes.h"
#include "engine/tokenizer/piece_text.h"
#include "engine/tokenizer/small_json.h"
#include "engine/tokenizer/tokenizer_error.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t most_table_bytes = std::size_t{64} << 20;

Result<std::shared_ptr<const PieceEncoder>> open_pieces(const fs::path& path) {
    const auto file = TANDEM_TRY(MappedFile::open(path));
    return PieceEncoder::create(file->bytes(), path.string());
}

struct Table {
    std::unordered_map<std::string, TokenId> ids;
    std::unordered_map<TokenId, std::string> pieces;
    TokenId largest = -1;
};

Result<Table> read_table(const fs::path& path) {
    const auto file = TANDEM_TRY(MappedFile::open(path));
    if (file->bytes().size() > most_table_bytes) {
        return config_error("the file has more than " + std::to_string(most_table_bytes) + " bytes", path.string());
    }
    const std::string_view text(reinterpret_cast<const char*>(file->bytes().data()), file->bytes().size());
    const Json tree = TANDEM_TRY(parse_bounded_json(text, path.string()));
    if (!tree.is_object() || tree.empty()) {
        return config_error("need an object of tokens and ids, found " + shown(tree), path.string());
    }
    Table table;
    for (const auto& [token, id] : tree.items()) {
        if (!id.is_number_unsigned() || id.get<std::uint64_t>() >= static_cast<std::uint64_t>(Vocabulary::most_ids)) {
            return tokenizer_error(
                "TOK_ID_RANGE",
                "the token '" + printable(token) + "' has the id " + shown(id) + ", which is no whole number in range",
                path.string());
        }
        const auto number = static_cast<TokenId>(id.get<std::uint64_t>());
        if (!table.pieces.emplace(number, token).second) {
            return tokenizer_error(
                "TOK_ID_RANGE",
                "two tokens have the id " + std::to_string(number) + ", one of them is '" + printable(token) + "'",
                path.string());
        }
        table.ids.emplace(token, number);
        table.largest = std::max(table.largest, number);
    }
    return table;
}

// What both have in common once their tables are read.
Result<std::shared_ptr<const Tokenizer>> finish(PieceParts parts, const FolderSettings& settings,
                                                const FolderHints& hints, const RoleTokens& roles, TokenId largest) {
    const auto id_of = [&](Role role) -> Result<TokenId> {
        const auto& token = roles[static_cast<std::size_t>(role)];
        const auto added = token ? parts.tokens.find(token->token.content) : std::nullopt;
        if (!added) {
            return config_error(std::string("the class needs a ") + role_names[static_cast<std::size_t>(role)],
                                settings.origin());
        }
        return *added;
    };
    parts.size = std::max(largest, parts.tokens.largest()) + 1;
    if (hints.vocab_size && parts.size > *hints.vocab_size) {
        return tokenizer_error("TOK_ID_RANGE",
                               "the tokenizer has ids up to " + std::to_string(parts.size - 1) +
                                   ", allowed are ids below the vocab_size " + std::to_string(*hints.vocab_size) +
                                   " of config.json",
                               settings.origin());
    }
    const auto& unknown = roles[static_cast<std::size_t>(Role::unk)];
    const auto in_table = unknown ? parts.ids.find(unknown->token.content) : parts.ids.end();
    if (in_table == parts.ids.end()) {
        return config_error("the unknown token (unk_token) is not in vocab.json", settings.origin());
    }
    parts.unknown = in_table->second;
    parts.unknown_piece = unknown->token.content;
    parts.eos = TANDEM_TRY(id_of(Role::eos));
    parts.after.push_back(*parts.eos);
    parts.ends.push_back(*parts.eos);
    for (const std::int64_t id : hints.eos_ids) {
        if (id >= 0 && id < parts.size && id != *parts.eos) {
            parts.ends.push_back(static_cast<TokenId>(id));
        }
    }
    parts.cleans_up = TANDEM_TRY(settings.truth("clean_up_tokenization_spaces", false));
    parts.chat_template = hints.chat_template;
    parts.chat = hints.chat;
    return piece_text_tokenizer(std::move(parts));
}

std::vector<TokenSetting> extra_of(const FolderSettings& settings) {
    return settings.extra ? *settings.extra : settings.mapped.value_or(std::vector<TokenSetting>());
}

}  // namespace

Result<std::shared_ptr<const Tokenizer>> m2m100_tokenizer(const fs::path& folder, const FolderSettings& settings,
                                                          const FolderHints& hints) {
    PieceParts parts;
    Table table = TANDEM_TRY(read_table(folder / "vocab.json"));
    const bool renamed = !is_there(folder / "tokenizer.json") && is_there(folder / "tokenizer.model");
    parts.encoder = TANDEM_TRY(open_pieces(folder / (renamed ? "tokenizer.model" : "sentencepiece.bpe.model")));
    parts.decoder = parts.encoder;
    const std::string codes = TANDEM_TRY(settings.text("language_codes")).value_or("m2m100");
    if (codes != "m2m100" && codes != "wmt21") {
        return config_error("language_codes '" + printable(codes) + "' is unknown, known are m2m100 and wmt21",
                            settings.origin());
    }
    const RoleTokens roles = settings.roles({"<s>", "</s>", "<unk>", "</s>", "<pad>", nullptr, nullptr});
    const auto known = [&](const std::string& token) {
        const auto found = table.ids.find(token);
        return found == table.ids.end() ? std::nullopt : std::optional<TokenId>(found->second);
    };
    parts.tokens =
        PythonTokens::make({}, settings, roles, extra_of(settings), {.find = known, .size = table.ids.size()});
    // The languages' ids follow the vocabulary, whatever the vocabulary itself has under their names.
    auto id = static_cast<TokenId>(table.ids.size());
    const std::string language = TANDEM_TRY(settings.text("src_lang")).value_or("en");
    TokenId largest = table.largest;
    std::optional<TokenId> source;
    for (const std::string_view code : codes == "m2m100" ? m2m100_languages() : wmt21_languages()) {
        const std::string token = "__" + std::string(code) + "__";
        table.ids[token] = id;
        table.pieces[id] = token;
        if (code == language) {
            source = id;
        }
        largest = std::max(largest, id++);
    }
    if (!source) {
        return config_error("src_lang '" + printable(language) + "' is none of the model's languages, such as 'en'",
                            settings.origin());
    }
    parts.before.push_back(*source);
    parts.ids = std::move(table.ids);
    parts.pieces = std::move(table.pieces);
    parts.kind = "SentencePiece with a vocabulary of its own (M2M-100)";
    return finish(std::move(parts), settings, hints, roles, largest);
}

Result<std::shared_ptr<const Tokenizer>> marian_tokenizer(const fs::path& folder, const FolderSettings& settings,
                                                          const FolderHints& hints) {
    PieceParts parts;
    Table table = TANDEM_TRY(read_table(folder / "vocab.json"));
    parts.encoder = TANDEM_TRY(open_pieces(folder / "source.spm"));
    const auto target = TANDEM_TRY(open_pieces(folder / "target.spm"));
    const bool separate = TANDEM_TRY(settings.truth("separate_vocabs", false));
    parts.decoder = separate ? target : parts.encoder;
    const RoleTokens roles = settings.roles({nullptr, "</s>", "<unk>", nullptr, "<pad>", nullptr, nullptr});
    const auto known = [&](const std::string& token) {
        const auto found = table.ids.find(token);
        return found == table.ids.end() ? std::nullopt : std::optional<TokenId>(found->second);
    };
    parts.tokens =
        PythonTokens::make({}, settings, roles, extra_of(settings), {.find = known, .size = table.ids.size()});
    TokenId largest = table.largest;
    parts.ids = std::move(table.ids);
    parts.pieces = std::move(table.pieces);
    if (separate) {
        Table targets = TANDEM_TRY(read_table(folder / "target_vocab.json"));
        parts.pieces = std::move(targets.pieces);
        largest = std::max(largest, targets.largest);
    }
    // Ids that the vocabulary does not have read as the model's pieces of that number.
    for (TokenId id = 0; id <= largest; ++id) {
        if (!parts.pieces.contains(id)) {
            if (const auto piece = parts.decoder->piece(id)) {
                parts.pieces.emplace(id, *piece);
            }
        }
    }
    parts.language_prefix = true;
    parts.space_after_special = true;
    parts.kind = "SentencePiece with a vocabulary of its own (Marian)";
    return finish(std::move(parts), settings, hints, roles, largest);
}

}  // namespace tandem
