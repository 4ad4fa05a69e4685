#include <algorithm>
#include <array>
#include <cmath>

#include "engine/api/utf8.h"
#include "engine/tokenizer/json_components.h"
#include "engine/tokenizer/merge_bpe.h"
#include "engine/tokenizer/score_bpe.h"
#include "engine/tokenizer/tokenizer_error.h"
#include "engine/tokenizer/tokenizer_parts.h"

namespace tandem {
namespace {

constexpr const char* llama3_expression =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr const char* qwen2_expression =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

// What a value of tokenizer.ggml.pre stands for: the pre-tokenizer of the model's own tokenizer.json.
struct PreKind {
    std::string_view name;
    const char* expression;
    bool single_digits = false;
    bool nfc = false;
    bool ignore_merges = false;
    bool adds_bos = false;
};

constexpr std::array<PreKind, 9> pre_kinds{{
    {.name = "gpt-2", .expression = nullptr},
    {.name = "default", .expression = nullptr},
    {.name = "phi-2", .expression = nullptr},
    {.name = "smollm", .expression = nullptr, .single_digits = true},
    {.name = "starcoder", .expression = nullptr, .single_digits = true},
    {.name = "llama-bpe", .expression = llama3_expression, .ignore_merges = true, .adds_bos = true},
    {.name = "llama-v3", .expression = llama3_expression, .ignore_merges = true, .adds_bos = true},
    {.name = "llama3", .expression = llama3_expression, .ignore_merges = true, .adds_bos = true},
    {.name = "qwen2", .expression = qwen2_expression, .nfc = true},
}};

enum TokenType : std::int64_t { normal = 1, unknown = 2, control = 3, user_defined = 4, unused = 5, byte = 6 };

class GgufReader {
public:
    explicit GgufReader(const GgufFile& file) : file_(file), vocabulary_(std::make_shared<Vocabulary>(file.origin())) {}

    Result<std::shared_ptr<const Tokenizer>> run() {
        const std::string model = TANDEM_TRY(file_.text("tokenizer.ggml.model"));
        if (model != "gpt2" && model != "llama") {
            return config_error("tokenizer.ggml.model '" + printable(model) +
                                    "' is not supported, supported are gpt2 (byte-level BPE) and llama (SentencePiece)",
                                file_.origin());
        }
        TANDEM_TRY(read_tokens());
        if (model == "gpt2") {
            TANDEM_TRY(read_merge_model());
        } else {
            TANDEM_TRY(read_score_model());
        }
        parts_.eos = TANDEM_TRY(id_at("tokenizer.ggml.eos_token_id"));
        for (const char* key : {"tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id"}) {
            if (const auto id = TANDEM_TRY(id_at(key))) {
                parts_.other_ends.push_back(*id);
            }
        }
        if (file_.has("tokenizer.chat_template")) {
            parts_.chat_template = TANDEM_TRY(file_.text("tokenizer.chat_template"));
        }
        TANDEM_TRY(read_chat_parts());
        return make_tokenizer(std::move(parts_));
    }

private:
    Error refuse(const std::string& message) const { return config_error(message, file_.origin()); }

    Result<void> read_chat_parts() {
        constexpr std::string_view prefix = "tokenizer.chat_template.";
        for (const auto& [key, value] : file_.metadata()) {
            const auto* source = std::get_if<std::string>(&value);
            if (source != nullptr && std::string_view(key).starts_with(prefix)) {
                parts_.chat.named.emplace_back(key.substr(prefix.size()), *source);
            }
        }
        for (const auto& [name, key] : {std::pair{"unk_token", "tokenizer.ggml.unknown_token_id"},
                                        std::pair{"pad_token", "tokenizer.ggml.padding_token_id"}}) {
            if (const auto id = TANDEM_TRY(id_at(key))) {
                parts_.chat.tokens.emplace_back(name, std::string(vocabulary_->text(*id)));
            }
        }
        return {};
    }

    Result<void> read_tokens() {
        const std::vector<std::string> tokens = TANDEM_TRY(file_.texts("tokenizer.ggml.tokens"));
        types_.assign(tokens.size(), normal);
        if (file_.has("tokenizer.ggml.token_type")) {
            types_ = TANDEM_TRY(file_.integers("tokenizer.ggml.token_type"));
            if (types_.size() != tokens.size()) {
                return wrong_length("tokenizer.ggml.token_type", "int32", types_.size(), tokens.size());
            }
        }
        for (std::size_t i = 0; i < tokens.size(); ++i) {
            if (find_invalid_utf8(tokens[i])) {
                return refuse("token " + std::to_string(i) + " '" + printable(tokens[i]) + "' is not UTF-8");
            }
            if (types_[i] < normal || types_[i] > byte) {
                return refuse("token " + std::to_string(i) + " has the type " + std::to_string(types_[i]) +
                              ", known are 1 to 6");
            }
            TANDEM_TRY(vocabulary_->add(tokens[i], static_cast<std::int64_t>(i)));
            const bool special = types_[i] == control || types_[i] == unknown;
            if ((special || types_[i] == user_defined) && !tokens[i].empty()) {
                parts_.added.push_back(
                    {.id = static_cast<TokenId>(i), .content = tokens[i], .special = special, .normalized = false});
            }
        }
        parts_.vocabulary = vocabulary_;
        return {};
    }

    Error wrong_length(const std::string& key, const std::string& type, std::size_t found, std::size_t need) const {
        return tokenizer_error("GGUF_KV_TYPE",
                               key + ": need " + type + "[" + std::to_string(need) + "], one for each token, found " +
                                   std::to_string(found),
                               file_.origin());
    }

    // Absent, or an id of the vocabulary.
    Result<std::optional<TokenId>> id_at(const char* key) const {
        if (!file_.has(key)) {
            return std::optional<TokenId>();
        }
        const std::int64_t id = TANDEM_TRY(file_.integer(key));
        if (id < 0 || id >= vocabulary_->size()) {
            return tokenizer_error("TOK_ID_RANGE",
                                   std::string(key) + " is " + std::to_string(id) + ", allowed are 0 to " +
                                       std::to_string(vocabulary_->size() - 1),
                                   file_.origin());
        }
        return std::optional<TokenId>(static_cast<TokenId>(id));
    }

    Result<bool> flag(const char* key, bool absent) const {
        const auto found = file_.metadata().find(key);
        if (found == file_.metadata().end()) {
            return absent;
        }
        const bool* value = std::get_if<bool>(&found->second);
        if (value == nullptr) {
            return tokenizer_error("GGUF_KV_TYPE", std::string(key) + ": need bool", file_.origin());
        }
        return *value;
    }

    Result<std::optional<TokenId>> unknown_id() const {
        if (file_.has("tokenizer.ggml.unknown_token_id")) {
            return id_at("tokenizer.ggml.unknown_token_id");
        }
        const auto found = std::find(types_.begin(), types_.end(), unknown);
        return found == types_.end() ? std::optional<TokenId>()
                                     : std::optional<TokenId>(static_cast<TokenId>(found - types_.begin()));
    }

    Result<void> surround(bool bos_by_default) {
        parts_.bos = TANDEM_TRY(id_at("tokenizer.ggml.bos_token_id"));
        if (TANDEM_TRY(flag("tokenizer.ggml.add_bos_token", bos_by_default && parts_.bos.has_value()))) {
            if (!parts_.bos) {
                return refuse("tokenizer.ggml.add_bos_token is true, but there is no tokenizer.ggml.bos_token_id");
            }
            parts_.before.push_back(*parts_.bos);
        }
        if (TANDEM_TRY(flag("tokenizer.ggml.add_eos_token", false))) {
            const auto eos = TANDEM_TRY(id_at("tokenizer.ggml.eos_token_id"));
            if (!eos) {
                return refuse("tokenizer.ggml.add_eos_token is true, but there is no tokenizer.ggml.eos_token_id");
            }
            parts_.after.push_back(*eos);
        }
        return {};
    }

    Result<const PreKind*> pre_kind() const {
        std::string known;
        for (const PreKind& kind : pre_kinds) {
            known += (known.empty() ? "" : ", ") + std::string(kind.name);
        }
        if (!file_.has("tokenizer.ggml.pre")) {
            return refuse(
                "there is no tokenizer.ggml.pre, so how texts were split is not known; convert the model "
                "again with a recent converter, which writes one of " +
                known);
        }
        const std::string name = TANDEM_TRY(file_.text("tokenizer.ggml.pre"));
        for (const PreKind& kind : pre_kinds) {
            if (kind.name == name) {
                return &kind;
            }
        }
        return refuse("tokenizer.ggml.pre '" + printable(name) + "' is not supported, supported are " + known);
    }

    Result<void> read_merge_model() {
        const PreKind& pre = *TANDEM_TRY(pre_kind());
        const std::vector<std::string> lines = TANDEM_TRY(file_.texts("tokenizer.ggml.merges"));
        MergeBpe::Merges merges;
        merges.reserve(lines.size());
        for (const std::string& line : lines) {
            const std::size_t space = line.find(' ');
            if (space == std::string::npos || line.find(' ', space + 1) != std::string::npos) {
                return refuse("merge " + std::to_string(merges.size()) + " '" + printable(line) +
                              "' must be two tokens with a space between them");
            }
            merges.emplace_back(line.substr(0, space), line.substr(space + 1));
        }
        MergeBpeOptions options{.byte_level = true, .ignore_merges = pre.ignore_merges, .fuse_unknown = true};
        options.unknown = TANDEM_TRY(unknown_id());
        parts_.model = TANDEM_TRY(MergeBpe::create(vocabulary_, merges, options));
        parts_.byte_level = true;
        if (pre.nfc) {
            parts_.normaliser.push_back({.kind = NormaliseStep::Kind::form, .form = unicode::Form::nfc});
        }
        if (pre.single_digits) {
            parts_.splits.push_back({.kind = SplitStep::Kind::digits});
        }
        const char* expression = pre.expression == nullptr ? gpt2_expression : pre.expression;
        parts_.splits.push_back({.regex = TANDEM_TRY(SplitRegex::compile(expression, file_.origin()))});
        if (TANDEM_TRY(flag("tokenizer.ggml.add_space_prefix", false))) {
            return refuse("tokenizer.ggml.add_space_prefix with a gpt2 tokenizer is not supported");
        }
        parts_.decoder.push_back({.kind = DecodeStep::Kind::byte_level});
        parts_.kind = "byte-level BPE (" + std::string(pre.name) + ")";
        return surround(pre.adds_bos);
    }

    Result<void> read_score_model() {
        for (const char* key : {"tokenizer.ggml.remove_extra_whitespaces", "tokenizer.ggml.escape_whitespaces"}) {
            const bool supported = std::string_view(key).ends_with("escape_whitespaces");
            if (TANDEM_TRY(flag(key, supported)) != supported) {
                return refuse(std::string(key) + (supported ? " false" : " true") + " is not supported");
            }
        }
        const auto charsmap = file_.metadata().find("tokenizer.ggml.precompiled_charsmap");
        if (charsmap != file_.metadata().end()) {
            const auto* bytes = std::get_if<std::vector<std::int64_t>>(&charsmap->second);
            if (bytes == nullptr || !bytes->empty()) {
                return refuse("tokenizer.ggml.precompiled_charsmap (a normaliser of its own) is not supported");
            }
        }
        const std::vector<double> stored = TANDEM_TRY(file_.reals("tokenizer.ggml.scores"));
        if (stored.size() != types_.size()) {
            return wrong_length("tokenizer.ggml.scores", "float32", stored.size(), types_.size());
        }
        std::vector<float> scores;
        std::vector<PieceUse> uses;
        for (std::size_t i = 0; i < stored.size(); ++i) {
            if (std::isnan(stored[i])) {
                return refuse("the score of token " + std::to_string(i) + " is not a number");
            }
            scores.push_back(static_cast<float>(stored[i]));
            uses.push_back(types_[i] == normal || types_[i] == user_defined ? PieceUse::normal
                           : types_[i] == unused                            ? PieceUse::unused
                                                                            : PieceUse::none);
        }
        const std::optional<TokenId> unknown = TANDEM_TRY(unknown_id());
        parts_.model = TANDEM_TRY(ScoreBpe::create(vocabulary_, std::move(scores), std::move(uses), unknown));
        const bool prefix = TANDEM_TRY(flag("tokenizer.ggml.add_space_prefix", true));
        using Normal = NormaliseStep::Kind;
        if (prefix) {
            parts_.normaliser.push_back({.kind = Normal::prepend, .content = parts_.space});
        }
        parts_.normaliser.push_back({.kind = Normal::replace, .content = parts_.space, .pattern = " "});
        using Step = DecodeStep::Kind;
        parts_.decoder.push_back({.kind = Step::replace, .pattern = parts_.space, .content = " "});
        parts_.decoder.push_back({.kind = Step::byte_fallback});
        parts_.decoder.push_back({.kind = Step::fuse});
        if (prefix) {
            parts_.decoder.push_back({.kind = Step::strip, .pattern = " ", .from_start = 1});
        }
        parts_.kind = "SentencePiece BPE";
        return surround(true);
    }

    const GgufFile& file_;
    std::shared_ptr<Vocabulary> vocabulary_;
    std::vector<std::int64_t> types_;
    TokenizerParts parts_;
};

}  // namespace

Result<std::shared_ptr<const Tokenizer>> Tokenizer::from_gguf(const GgufFile& file) {
    return GgufReader(file).run();
}

}  // namespace tandem
