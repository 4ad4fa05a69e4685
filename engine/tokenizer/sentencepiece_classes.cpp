#include "engine/tokenizer/sentencepiece_classes.h"

#include <algorithm>

#include "engine/api/utf8.h"
#include "engine/tokenizer/language_codes.h"
#include "engine/tokenizer/piece_merges.h"
#include "engine/tokenizer/tokenizer_error.h"

namespace tandem {
namespace {

using Use = SentencePieceFile::Use;
constexpr const char* space_mark = "\xE2\x96\x81";  // U+2581

// The roles' tokens of a class: bos, eos, unk, sep, pad, cls, mask.
using Absent = std::array<const char*, role_names.size()>;
constexpr Absent fairseq_roles{"<s>", "</s>", "<unk>", "</s>", "<pad>", "<s>", "<mask>"};

class SentencePieceClasses {
public:
    SentencePieceClasses(const SentencePieceFile& file, const FolderSettings& settings, FolderHints& hints)
        : file_(file), settings_(settings), hints_(hints) {
        // Control pieces are special tokens, symbols of the user are tokens of their own.
        for (const auto& piece : file_.pieces) {
            if (piece.use == Use::control || piece.use == Use::user_defined) {
                listed_.push_back({.token = {.id = -1,
                                             .content = piece.text,
                                             .special = piece.use == Use::control,
                                             .normalized = false},
                                   .bare = false});
            }
        }
    }

    Result<Json> run(TokenizerClass which) {
        switch (which) {
            case TokenizerClass::t5:
                return t5();
            case TokenizerClass::mbart:
            case TokenizerClass::mbart50:
                return mbart(which == TokenizerClass::mbart50);
            case TokenizerClass::nllb:
                return nllb();
            case TokenizerClass::pegasus:
                return pegasus();
            case TokenizerClass::xlm_roberta:
                return xlm_roberta();
            case TokenizerClass::llama:
                return llama();
            case TokenizerClass::gemma:
                return gemma();
            default:
                return backend();
        }
    }

private:
    Error refuse(const std::string& message) const { return config_error(message, settings_.origin()); }

    // What the class wants to be special, unless tokenizer_config.json has a list of its own.
    std::vector<TokenSetting> extra(std::vector<TokenSetting> wanted) const {
        return settings_.extra ? *settings_.extra : std::move(wanted);
    }

    // What stands for a role in the vocabulary that the class makes.
    std::string name(Role role, const char* absent) const {
        const auto token = settings_.token(role, absent);
        return token ? token->token.content : "None";
    }

    void put(Json& vocabulary, ClassParts& parts, const std::string& text, double score) const {
        parts.ids[text] = static_cast<std::int64_t>(vocabulary.size());
        vocabulary.push_back(Json::array({text, score}));
    }

    void put_pieces(Json& vocabulary, ClassParts& parts, std::size_t from) const {
        for (std::size_t i = from; i < file_.pieces.size(); ++i) {
            put(vocabulary, parts, file_.pieces[i].text, static_cast<double>(file_.pieces[i].score));
        }
    }

    static void unigram(ClassParts& parts, Json vocabulary, std::int64_t unknown, bool byte_fallback = false) {
        parts.size = static_cast<std::int64_t>(vocabulary.size());
        parts.model = {
            {"type", "Unigram"}, {"unk_id", static_cast<std::uint64_t>(unknown)}, {"byte_fallback", byte_fallback}};
        parts.model["vocab"] = std::move(vocabulary);
    }

    // The pieces in the order of their ids, as byte pair encoding reads them.
    struct Bpe {
        std::vector<std::string> tokens;
        bool byte_fallback = true;
        Json unknown;
    };
    void bpe(ClassParts& parts, Bpe made) const {
        Json vocabulary = Json::object();
        for (std::size_t i = 0; i < made.tokens.size(); ++i) {
            vocabulary[made.tokens[i]] = i;
            parts.ids[made.tokens[i]] = static_cast<std::int64_t>(i);
        }
        Json merges = Json::array();
        for (const auto& [left, right] : piece_merges(file_)) {
            merges.push_back(Json::array({left, right}));
        }
        parts.size = static_cast<std::int64_t>(vocabulary.size());
        parts.model = {{"type", "BPE"},
                       {"unk_token", made.unknown},
                       {"fuse_unk", true},
                       {"byte_fallback", made.byte_fallback},
                       {"ignore_merges", false}};
        parts.model["vocab"] = std::move(vocabulary);
        parts.model["merges"] = std::move(merges);
    }

    std::vector<std::string> piece_texts() const {
        std::vector<std::string> texts;
        for (const auto& piece : file_.pieces) {
            texts.push_back(piece.text);
        }
        return texts;
    }

    // The token of the language that texts are in.
    Result<std::string> source_language(const ClassBuild& build, const char* absent) const {
        const auto said = TANDEM_TRY(settings_.text("src_lang"));
        const std::string language = said.value_or(absent);
        if (!build.id(language)) {
            return refuse("the language '" + printable(language) +
                          "' (src_lang) is no token; languages are tokens such as '" + absent + "'");
        }
        return language;
    }

    Result<Json> t5() {
        ClassParts parts;
        const std::size_t extra_ids = TANDEM_TRY(settings_.count("extra_ids", 100, 65536));
        Json vocabulary = Json::array();
        put_pieces(vocabulary, parts, 0);
        for (std::size_t i = extra_ids; i-- > 0;) {
            put(vocabulary, parts, "<extra_id_" + std::to_string(i) + ">", 0);
        }
        unigram(parts, std::move(vocabulary), 2);
        std::vector<TokenSetting> wanted = listed_;
        const auto sentinels = std::count_if(listed_.begin(), listed_.end(), [](const TokenSetting& token) {
            return token.token.content.find("<extra_id_") != std::string::npos;
        });
        if (sentinels == 0) {
            for (std::size_t i = 0; i < extra_ids; ++i) {
                wanted.push_back(bare_token("<extra_id_" + std::to_string(i) + ">"));
            }
        } else if (extra_ids > 0 && extra_ids != static_cast<std::size_t>(sentinels)) {
            return refuse("extra_ids is " + std::to_string(extra_ids) + ", but the model itself has " +
                          std::to_string(sentinels) + " <extra_id_N> pieces; set extra_ids to 0");
        }
        parts.extra = extra(std::move(wanted));
        parts.roles = settings_.roles({nullptr, "</s>", "<unk>", nullptr, "<pad>", nullptr, nullptr});
        parts.normalizer = precompiled(file_.charsmap);
        parts.pre_tokenizer = whitespace_and_metaspace("always");
        parts.decoder = metaspace("always", true);
        ClassBuild build(settings_, std::move(parts));
        TANDEM_TRY(build.frame({}, {TANDEM_TRY(build.role(Role::eos))}));
        return build.finish(hints_);
    }

    // The four first pieces of fairseq's vocabularies, then the model's without its first three.
    void put_fairseq(Json& vocabulary, ClassParts& parts, Role first) const {
        put(vocabulary, parts, name(first, "<s>"), 0);
        put(vocabulary, parts, name(Role::pad, "<pad>"), 0);
        put(vocabulary, parts, name(Role::eos, "</s>"), 0);
        put(vocabulary, parts, name(Role::unk, "<unk>"), 0);
        put_pieces(vocabulary, parts, 3);
    }

    Result<Json> mbart(bool fifty) {
        ClassParts parts;
        Json vocabulary = Json::array();
        put_fairseq(vocabulary, parts, fifty ? Role::cls : Role::bos);
        std::vector<TokenSetting> languages;
        for (const std::string_view code : fifty ? mbart50_languages() : mbart_languages()) {
            put(vocabulary, parts, std::string(code), 0);
            languages.push_back(bare_token(std::string(code)));
        }
        put(vocabulary, parts, name(Role::mask, "<mask>"), 0);
        unigram(parts, std::move(vocabulary), 3);
        Absent absent = fairseq_roles;
        if (fifty) {
            absent[static_cast<std::size_t>(Role::bos)] = nullptr;
        }
        parts.roles = settings_.roles(absent);
        auto& mask = parts.roles[static_cast<std::size_t>(Role::mask)];
        if (mask && mask->bare) {
            mask->token.lstrip = true;
        }
        std::vector<TokenSetting> wanted = fifty ? listed_ : languages;
        const std::vector<TokenSetting>& others = fifty ? languages : listed_;
        wanted.insert(wanted.end(), others.begin(), others.end());
        parts.extra = extra(std::move(wanted));
        if (fifty) {
            parts.normalizer = replace_spaces_normalizer(file_.charsmap, false);
            parts.pre_tokenizer = metaspace("always", true);
        } else {
            parts.pre_tokenizer = whitespace_and_metaspace("always");
        }
        parts.decoder = metaspace("always", true);
        ClassBuild build(settings_, std::move(parts));
        const std::string language = TANDEM_TRY(source_language(build, "en_XX"));
        const std::string eos = TANDEM_TRY(build.role(Role::eos));
        if (fifty) {
            TANDEM_TRY(build.frame({language}, {eos}));
        } else {
            TANDEM_TRY(build.frame({}, {eos, language}));
        }
        return build.finish(hints_);
    }

    Result<Json> nllb() {
        ClassParts parts;
        std::vector<std::string> tokens{name(Role::bos, "<s>"), name(Role::pad, "<pad>"), name(Role::eos, "</s>"),
                                        name(Role::unk, "<unk>")};
        const std::vector<std::string> first = tokens;
        for (const auto& piece : file_.pieces) {
            if (std::find(first.begin(), first.end(), piece.text) == first.end()) {
                tokens.push_back(piece.text);
            }
        }
        const bool lists_languages = settings_.extra || !settings_.added.empty();
        if (!lists_languages) {
            // As the model was trained: the languages follow the pieces, the mask follows them.
            for (const std::string_view code : nllb_languages()) {
                tokens.emplace_back(code);
            }
        }
        bpe(parts, {.tokens = std::move(tokens), .byte_fallback = false, .unknown = name(Role::unk, "<unk>")});
        parts.roles = settings_.roles(fairseq_roles);
        auto& mask = parts.roles[static_cast<std::size_t>(Role::mask)];
        if (mask && mask->bare) {
            mask->token.lstrip = true;
            mask->token.normalized = true;
        }
        std::vector<TokenSetting> wanted = listed_;
        if (!lists_languages) {
            for (const std::string_view code : nllb_languages()) {
                wanted.push_back(bare_token(std::string(code)));
            }
        }
        parts.extra = extra(std::move(wanted));
        parts.normalizer = replace_spaces_normalizer(file_.charsmap, false);
        parts.pre_tokenizer = metaspace("always", true);
        parts.decoder = metaspace("always", true);
        ClassBuild build(settings_, std::move(parts));
        const std::string language = TANDEM_TRY(source_language(build, "eng_Latn"));
        const std::string eos = TANDEM_TRY(build.role(Role::eos));
        if (TANDEM_TRY(settings_.truth("legacy_behaviour", false))) {
            TANDEM_TRY(build.frame({}, {eos, language}));
        } else {
            TANDEM_TRY(build.frame({language}, {eos}));
        }
        return build.finish(hints_);
    }

    Result<Json> pegasus() {
        const std::size_t offset = TANDEM_TRY(settings_.count("offset", 103, 65536));
        const auto said = TANDEM_TRY(settings_.text("mask_token_sent"));
        const bool no_sentence_mask = settings_.names("mask_token_sent") && !said;
        const std::string mask = name(Role::mask, "<mask_1>");
        const std::string sentence_mask = no_sentence_mask ? "None" : said.value_or("<mask_2>");
        ClassParts parts;
        Json vocabulary = Json::array();
        put(vocabulary, parts, name(Role::pad, "<pad>"), 0);
        put(vocabulary, parts, name(Role::eos, "</s>"), 0);
        if (mask != "None") {
            put(vocabulary, parts, mask, 0);
        }
        if (sentence_mask != "None" && sentence_mask != mask) {
            put(vocabulary, parts, sentence_mask, 0);
        }
        std::vector<TokenSetting> wanted;
        if (!no_sentence_mask) {
            wanted.push_back(bare_token(said.value_or("<mask_1>")));
        }
        for (std::size_t i = 2; i < offset; ++i) {
            const std::string unknown = "<unk_" + std::to_string(i) + ">";
            put(vocabulary, parts, unknown, -100);
            wanted.push_back(bare_token(unknown));
        }
        put_pieces(vocabulary, parts, 2);
        const std::string unknown = name(Role::unk, "<unk>");
        const auto found = parts.ids.find(unknown);
        if (found == parts.ids.end() || vocabulary[static_cast<std::size_t>(found->second)][1] != 0.0) {
            return refuse("Pegasus needs the unknown token '" + printable(unknown) +
                          "' with the score 0 behind the model's first two pieces");
        }
        unigram(parts, std::move(vocabulary), found->second);
        parts.extra = extra(std::move(wanted));
        parts.roles = settings_.roles({nullptr, "</s>", "<unk>", nullptr, "<pad>", nullptr, "<mask_2>"});
        parts.normalizer = replace_spaces_normalizer(file_.charsmap, file_.charsmap.empty());
        parts.pre_tokenizer = metaspace("always", true);
        parts.decoder = metaspace("always", true);
        ClassBuild build(settings_, std::move(parts));
        TANDEM_TRY(build.frame({}, {TANDEM_TRY(build.role(Role::eos))}));
        return build.finish(hints_);
    }

    Result<Json> xlm_roberta() {
        ClassParts parts;
        const char* scheme = TANDEM_TRY(settings_.truth("add_prefix_space", true)) ? "always" : "never";
        Json vocabulary = Json::array();
        put_fairseq(vocabulary, parts, Role::bos);
        put(vocabulary, parts, name(Role::mask, "<mask>"), 0);
        unigram(parts, std::move(vocabulary), 3);
        parts.roles = settings_.roles(fairseq_roles);
        parts.extra = extra(listed_);
        parts.normalizer = precompiled(file_.charsmap);
        parts.pre_tokenizer = whitespace_and_metaspace(scheme);
        parts.decoder = metaspace(scheme, true);
        ClassBuild build(settings_, std::move(parts));
        TANDEM_TRY(build.frame({TANDEM_TRY(build.role(Role::bos))}, {TANDEM_TRY(build.role(Role::eos))}));
        return build.finish(hints_);
    }

    static Json replace(const char* from, const char* to) {
        return {{"type", "Replace"}, {"pattern", {{"String", from}}}, {"content", to}};
    }

    static Json bytes_decoder(bool byte_fallback, bool strips) {
        std::vector<Json> steps{replace(space_mark, " ")};
        if (byte_fallback) {
            steps.push_back(Json{{"type", "ByteFallback"}});
            steps.push_back(Json{{"type", "Fuse"}});
        }
        if (strips) {
            steps.push_back(Json{{"type", "Strip"}, {"content", " "}, {"start", 1U}, {"stop", 0U}});
        }
        return sequence("decoders", std::move(steps));
    }

    Result<Json> llama() {
        ClassParts parts;
        const bool prefix = TANDEM_TRY(settings_.truth("add_prefix_space", true));
        const bool legacy = TANDEM_TRY(settings_.truth("legacy", false));
        bpe(parts, {.tokens = piece_texts()});
        parts.roles = settings_.roles({"<s>", "</s>", "<unk>", nullptr, nullptr, nullptr, nullptr});
        parts.extra = extra(listed_);
        parts.pre_tokenizer = metaspace(!prefix ? "never" : legacy ? "always" : "first", false);
        parts.decoder = bytes_decoder(true, prefix);
        ClassBuild build(settings_, std::move(parts));
        TANDEM_TRY(build.frame_by_flags());
        return build.finish(hints_);
    }

    Result<Json> gemma() {
        ClassParts parts;
        bpe(parts, {.tokens = piece_texts(), .unknown = name(Role::unk, "<unk>")});
        parts.roles = settings_.roles({"<bos>", "<eos>", "<unk>", nullptr, "<pad>", nullptr, "<mask>"});
        parts.extra = extra(listed_);
        parts.normalizer = replace(" ", space_mark);
        parts.pre_tokenizer = {
            {"type", "Split"}, {"pattern", {{"String", " "}}}, {"behavior", "MergedWithPrevious"}, {"invert", false}};
        parts.decoder = bytes_decoder(true, false);
        ClassBuild build(settings_, std::move(parts));
        TANDEM_TRY(build.frame_by_flags());
        return build.finish(hints_);
    }

    // No class of its own: the model is read as its trainer made it, but for the prefix, which is never added.
    Result<Json> backend() {
        if (file_.model != SentencePieceFile::Model::unigram && file_.model != SentencePieceFile::Model::bpe) {
            return refuse("the SentencePiece model is of whole words or single characters; need unigram or BPE");
        }
        ClassParts parts;
        if (file_.model == SentencePieceFile::Model::unigram) {
            Json vocabulary = Json::array();
            put_pieces(vocabulary, parts, 0);
            unigram(parts, std::move(vocabulary), file_.unk_id, file_.byte_fallback);
        } else {
            std::vector<std::string> tokens = piece_texts();
            for (const auto& [id, token] : settings_.added) {
                const auto at = static_cast<std::size_t>(id);
                if (at < tokens.size() &&
                    std::find(tokens.begin(), tokens.end(), token.token.content) == tokens.end()) {
                    tokens[at] = token.token.content;
                }
            }
            bpe(parts, {.tokens = std::move(tokens), .byte_fallback = file_.byte_fallback, .unknown = file_.unk_piece});
        }
        const auto own = [](std::int32_t id, const std::string& piece) { return id >= 0 ? piece.c_str() : nullptr; };
        parts.roles = settings_.roles({own(file_.bos_id, file_.bos_piece), own(file_.eos_id, file_.eos_piece),
                                       own(file_.unk_id, file_.unk_piece), nullptr, nullptr, nullptr, nullptr});
        parts.extra = extra(listed_);
        parts.normalizer = sequence("normalizers", {precompiled(file_.charsmap), replace(" ", space_mark)});
        parts.decoder = bytes_decoder(file_.byte_fallback, false);
        ClassBuild build(settings_, std::move(parts));
        TANDEM_TRY(build.frame_by_flags());
        return build.finish(hints_);
    }

    const SentencePieceFile& file_;
    const FolderSettings& settings_;
    FolderHints& hints_;
    std::vector<TokenSetting> listed_;
};

}  // namespace

Result<Json> sentencepiece_tree(TokenizerClass which, const SentencePieceFile& file, const FolderSettings& settings,
                                FolderHints& hints) {
    return SentencePieceClasses(file, settings, hints).run(which);
}

}  // namespace tandem
