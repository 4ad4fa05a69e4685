#include "engine/convert/tokenizer_files.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "engine/api/utf8.h"
#include "engine/convert/tokenizer_probe.h"
#include "engine/models/family_export.h"
#include "engine/tensor/output_file.h"

namespace tandem {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

enum TokenType : std::int64_t { normal = 1, unknown = 2, control = 3, user_defined = 4, unused = 5, byte = 6 };

constexpr const char* space = "\xE2\x96\x81";  // what stands for a space in a SentencePiece vocabulary

Error refuse(const std::string& message, const std::string& where) {
    return {.code = "CONVERT_TOKENIZER",
            .message = message + "; nothing was written; --no-tokenizer converts the weights alone",
            .where = where,
            .kind = ErrorKind::unsupported};
}

Json byte_level(bool use_regex) {
    return {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", use_regex}};
}

Json split_by(const char* expression) {
    return {{"type", "Split"}, {"pattern", {{"Regex", expression}}}, {"behavior", "Isolated"}, {"invert", false}};
}

Json sequence(const char* list, std::vector<Json> steps) {
    return {{"type", "Sequence"}, {list, std::move(steps)}};
}

// The pre-tokenizers that stand behind names of tokenizer.ggml.pre, as tokenizer.json says them.
struct PreTokenizer {
    Json json;
    Json normalizer;
    bool ignore_merges = false;
};

std::optional<PreTokenizer> pre_tokenizer(std::string_view name) {
    constexpr const char* llama3 =
        R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
    constexpr const char* qwen2 =
        R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
    const auto is = [&](std::initializer_list<std::string_view> names) {
        return std::find(names.begin(), names.end(), name) != names.end();
    };
    if (is({"gpt-2", "default", "phi-2", "mpt", "olmo", "jais"})) {
        return PreTokenizer{.json = byte_level(true)};
    }
    if (is({"smollm", "starcoder", "refact", "command-r", "codeshell"})) {
        const Json digits{{"type", "Digits"}, {"individual_digits", true}};
        return PreTokenizer{.json = sequence("pretokenizers", {digits, byte_level(true)})};
    }
    if (is({"llama-bpe", "llama-v3", "llama3", "dbrx", "smaug-bpe"})) {
        return PreTokenizer{.json = sequence("pretokenizers", {split_by(llama3), byte_level(false)}),
                            .ignore_merges = true};
    }
    if (is({"qwen2", "stablelm2"})) {
        return PreTokenizer{.json = sequence("pretokenizers", {split_by(qwen2), byte_level(false)}),
                            .normalizer = {{"type", "NFC"}}};
    }
    return std::nullopt;
}

class Builder {
public:
    Builder(const GgufFile& file, const Tokenizer& own) : file_(file), own_(own) {}

    Result<Json> run() {
        tokens_ = TANDEM_TRY(file_.texts("tokenizer.ggml.tokens"));
        types_.assign(tokens_.size(), normal);
        if (file_.has("tokenizer.ggml.token_type")) {
            types_ = TANDEM_TRY(file_.integers("tokenizer.ggml.token_type"));
        }
        const std::string model = TANDEM_TRY(file_.text("tokenizer.ggml.model"));
        Json json{{"version", "1.0"}, {"truncation", nullptr}, {"padding", nullptr}, {"added_tokens", added_tokens()}};
        if (model == "gpt2") {
            TANDEM_TRY(add_byte_level(json));
        } else if (model == "llama") {
            TANDEM_TRY(add_byte_fallback(json));
        } else {
            return refuse("a vocabulary of kind '" + printable(model).substr(0, 40) +
                              "' is not written as tokenizer.json by this version, gpt2 and llama are",
                          file_.origin());
        }
        return json;
    }

private:
    bool is_added(std::size_t id) const {
        return (types_[id] == control || types_[id] == unknown || types_[id] == user_defined) && !tokens_[id].empty();
    }

    Json added_tokens() const {
        Json list = Json::array();
        for (std::size_t id = 0; id < tokens_.size(); ++id) {
            if (is_added(id)) {
                list.push_back({{"id", id},
                                {"content", tokens_[id]},
                                {"single_word", false},
                                {"lstrip", false},
                                {"rstrip", false},
                                {"normalized", false},
                                {"special", types_[id] != user_defined}});
            }
        }
        return list;
    }

    Json vocabulary() const {
        Json vocab = Json::object();
        auto& map = vocab.get_ref<Json::object_t&>();
        map.reserve(tokens_.size());
        for (std::size_t id = 0; id < tokens_.size(); ++id) {
            if (types_[id] != unused) {
                // Appended without a search for the key: texts of a vocabulary that was read are unique.
                map.emplace_back(Json::object_t::value_type(tokens_[id], id));
            }
        }
        return vocab;
    }

    Json surround() const {
        const auto with = own_.encode("x", {.add_special = true});
        const auto without = own_.encode("x", {.add_special = false});
        const auto at = std::search(with.begin(), with.end(), without.begin(), without.end());
        Json single = Json::array();
        Json pair = Json::array();
        Json specials = Json::object();
        const auto add = [&](TokenId id) {
            const std::string& text = tokens_[static_cast<std::size_t>(id)];
            single.push_back({{"SpecialToken", {{"id", text}, {"type_id", 0}}}});
            pair.push_back(single.back());
            specials[text] = {{"id", text}, {"ids", {id}}, {"tokens", {text}}};
        };
        std::for_each(with.begin(), at, add);
        const std::vector<TokenId> after(at == with.end() ? at : at + static_cast<std::ptrdiff_t>(without.size()),
                                         with.end());
        single.push_back({{"Sequence", {{"id", "A"}, {"type_id", 0}}}});
        pair.push_back(single.back());
        pair.push_back({{"Sequence", {{"id", "B"}, {"type_id", 0}}}});
        std::for_each(after.begin(), after.end(), add);
        return {{"type", "TemplateProcessing"}, {"single", single}, {"pair", pair}, {"special_tokens", specials}};
    }

    Result<void> add_byte_level(Json& json) {
        const std::string name =
            file_.has("tokenizer.ggml.pre") ? TANDEM_TRY(file_.text("tokenizer.ggml.pre")) : "default";
        const auto pre = pre_tokenizer(name);
        if (!pre) {
            return refuse("the pre-tokenizer '" + printable(name).substr(0, 40) +
                              "' is not written as tokenizer.json by this version",
                          file_.origin());
        }
        Json merges = Json::array();
        for (const std::string& line : TANDEM_TRY(file_.texts("tokenizer.ggml.merges"))) {
            const std::size_t at = line.find(' ');
            merges.push_back({line.substr(0, at), line.substr(at + 1)});
        }
        json["normalizer"] = pre->normalizer;
        json["pre_tokenizer"] = pre->json;
        json["post_processor"] = surround();
        json["decoder"] = byte_level(true);
        json["model"] = {{"type", "BPE"},
                         {"dropout", nullptr},
                         {"unk_token", nullptr},
                         {"continuing_subword_prefix", nullptr},
                         {"end_of_word_suffix", nullptr},
                         {"fuse_unk", false},
                         {"byte_fallback", false},
                         {"ignore_merges", pre->ignore_merges},
                         {"vocab", vocabulary()},
                         {"merges", std::move(merges)}};
        return {};
    }

    // SentencePiece joins any two neighbours whose text is a piece, the highest score first: as a list of merges, every
    // way to split a piece into two, by score.
    Result<Json> merges_by_score() const {
        const std::vector<double> scores = TANDEM_TRY(file_.reals("tokenizer.ggml.scores"));
        std::unordered_map<std::string_view, std::size_t> ids;
        const auto is_piece = [&](std::size_t id) { return types_[id] == normal || types_[id] == user_defined; };
        for (std::size_t id = 0; id < tokens_.size(); ++id) {
            if (is_piece(id)) {
                ids.emplace(tokens_[id], id);
            }
        }
        struct Merge {
            std::size_t whole, left, right;
        };
        std::vector<Merge> found;
        for (std::size_t id = 0; id < tokens_.size(); ++id) {
            const std::string_view text = tokens_[id];
            for (std::size_t at = 1; is_piece(id) && at < text.size(); ++at) {
                const auto left = ids.find(text.substr(0, at));
                const auto right = ids.find(text.substr(at));
                if (left != ids.end() && right != ids.end()) {
                    found.push_back({id, left->second, right->second});
                }
            }
        }
        std::stable_sort(found.begin(), found.end(),
                         [&](const Merge& a, const Merge& b) { return scores[a.whole] > scores[b.whole]; });
        Json merges = Json::array();
        for (const Merge& merge : found) {
            merges.push_back({tokens_[merge.left], tokens_[merge.right]});
        }
        return merges;
    }

    Result<void> add_byte_fallback(Json& json) {
        const auto flag = file_.metadata().find("tokenizer.ggml.add_space_prefix");
        const bool* held = flag == file_.metadata().end() ? nullptr : std::get_if<bool>(&flag->second);
        const bool prefix = held == nullptr || *held;
        Json merges = TANDEM_TRY(merges_by_score());
        const Json replace{{"type", "Replace"}, {"pattern", {{"String", " "}}}, {"content", space}};
        const Json prepend{{"type", "Prepend"}, {"prepend", space}};
        const Json back{{"type", "Replace"}, {"pattern", {{"String", space}}}, {"content", " "}};
        std::vector<Json> decoders{back, {{"type", "ByteFallback"}}, {{"type", "Fuse"}}};
        if (prefix) {
            decoders.push_back({{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}});
        }
        const auto unknown_at = std::find(types_.begin(), types_.end(), unknown);
        json["normalizer"] = prefix ? sequence("normalizers", {prepend, replace}) : replace;
        json["pre_tokenizer"] = nullptr;
        json["post_processor"] = surround();
        json["decoder"] = sequence("decoders", std::move(decoders));
        json["model"] = {{"type", "BPE"},
                         {"dropout", nullptr},
                         {"unk_token", unknown_at == types_.end()
                                           ? Json(nullptr)
                                           : Json(tokens_[static_cast<std::size_t>(unknown_at - types_.begin())])},
                         {"continuing_subword_prefix", nullptr},
                         {"end_of_word_suffix", nullptr},
                         {"fuse_unk", true},
                         {"byte_fallback", true},
                         {"ignore_merges", false},
                         {"vocab", vocabulary()},
                         {"merges", std::move(merges)}};
        return {};
    }

    const GgufFile& file_;
    const Tokenizer& own_;
    std::vector<std::string> tokens_;
    std::vector<std::int64_t> types_;
};

Json tokenizer_config(const GgufFile& file, const Tokenizer& own, const Json& config) {
    Json json{{"tokenizer_class", "PreTrainedTokenizerFast"},
              {"clean_up_tokenization_spaces", false},
              {"model_max_length", config.value("max_position_embeddings", std::int64_t{1} << 30)}};
    const auto add = [&](const char* name, std::optional<TokenId> id) {
        if (id) {
            json[name] = own.piece(*id);
        }
    };
    add("bos_token", own.bos());
    add("eos_token", own.eos());
    for (const auto& [name, key] : {std::pair{"unk_token", "tokenizer.ggml.unknown_token_id"},
                                    std::pair{"pad_token", "tokenizer.ggml.padding_token_id"}}) {
        if (const auto id = file.integer(key); id.ok() && *id >= 0 && *id < own.vocab_size()) {
            add(name, static_cast<TokenId>(*id));
        }
    }
    return json;
}

Json generation_config(const GgufFile& file, const Tokenizer& own) {
    Json json = Json::object();
    if (own.bos()) {
        json["bos_token_id"] = *own.bos();
    }
    std::vector<TokenId> ends = own.end_ids();
    if (ends.size() == 1) {
        json["eos_token_id"] = ends[0];
    } else if (!ends.empty()) {
        json["eos_token_id"] = ends;
    }
    for (const auto& [name, key] :
         {std::pair{"temperature", "general.sampling.temp"}, std::pair{"top_p", "general.sampling.top_p"},
          std::pair{"min_p", "general.sampling.min_p"},
          std::pair{"repetition_penalty", "general.sampling.penalty_repeat"}}) {
        if (const auto value = file.real(key); value.ok()) {
            json[name] = shortest_decimal(*value);
        }
    }
    if (const auto value = file.integer("general.sampling.top_k"); value.ok()) {
        json["top_k"] = *value;
    }
    return json;
}

Result<void> write_text(const fs::path& path, const std::string& text) {
    OutputFile file = TANDEM_TRY(OutputFile::create(path));
    TANDEM_TRY(file.append(text));
    return file.commit();
}

std::string json_text(const Json& json) {
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

Result<std::vector<std::string>> write_tokenizer_files(const GgufFile& file, const fs::path& folder, Json& config) {
    const auto own = TANDEM_TRY(Tokenizer::from_gguf(file));
    const Json json = TANDEM_TRY(Builder(file, *own).run());
    std::vector<std::string> names{"tokenizer.json", "tokenizer_config.json", "generation_config.json"};
    TANDEM_TRY(write_text(folder / names[0], json_text(json)));
    TANDEM_TRY(write_text(folder / names[1], json_text(tokenizer_config(file, *own, config))));
    TANDEM_TRY(write_text(folder / names[2], json_text(generation_config(file, *own))));
    if (const std::string text = own->chat_template(); !text.empty()) {
        names.emplace_back("chat_template.jinja");
        TANDEM_TRY(write_text(folder / names.back(), text));
    }
    if (own->bos()) {
        config["bos_token_id"] = *own->bos();
    }
    if (own->eos()) {
        config["eos_token_id"] = *own->eos();
    }
    const auto made = TANDEM_TRY(Tokenizer::from_folder(folder));
    if (const auto difference = first_difference(*own, *made)) {
        return refuse("as tokenizer.json the vocabulary would give other ids, for one to the text '" +
                          printable(*difference).substr(0, 60) + "'",
                      file.origin());
    }
    return names;
}

}  // namespace tandem
