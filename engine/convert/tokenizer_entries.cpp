#include "engine/convert/tokenizer_entries.h"

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <unordered_map>

#include "engine/api/utf8.h"
#include "engine/convert/tokenizer_probe.h"
#include "engine/tensor/gguf_write.h"
#include "engine/tensor/mapped_file.h"

namespace tandem {
namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

enum TokenType : std::int64_t { normal = 1, unknown = 2, control = 3, user_defined = 4, unused = 5, byte = 6 };

// Names of tokenizer.ggml.pre to try, the most usual first.
constexpr std::array<const char*, 32> pre_names{
    "gpt-2",     "llama-bpe", "qwen2",       "smollm",    "starcoder",    "refact",         "command-r",
    "olmo",      "dbrx",      "stablelm2",   "phi-2",     "deepseek-llm", "deepseek-coder", "deepseek-v3",
    "falcon",    "mpt",       "poro-chat",   "bloom",     "gpt3-finnish", "viking",         "tekken",
    "smaug-bpe", "jais",      "chatglm-bpe", "codeshell", "exaone",       "minerva-7b",     "gpt-4o",
    "superbpe",  "trillion",  "bailingmoe",  "default"};

Error refuse(const std::string& message, const fs::path& where) {
    return {.code = "CONVERT_TOKENIZER",
            .message = message + "; nothing was written; --no-tokenizer converts the weights alone",
            .where = where.string(),
            .kind = ErrorKind::unsupported};
}

Json read_json(const fs::path& path) {
    const auto file = MappedFile::open(path);
    if (!file.ok()) {
        return Json();
    }
    const auto bytes = (*file)->bytes();
    const auto* text = reinterpret_cast<const char*>(bytes.data());
    return Json::parse(text, text + bytes.size(), nullptr, /*allow_exceptions=*/false);
}

// True where a component of the kind is anywhere in a step or a sequence of steps.
bool has_step(const Json& part, std::string_view type) {
    if (!part.is_object()) {
        return false;
    }
    if (part.value("type", "") == type) {
        return true;
    }
    for (const char* list : {"pretokenizers", "decoders", "normalizers", "processors"}) {
        if (part.contains(list) && part[list].is_array()) {
            for (const Json& step : part[list]) {
                if (has_step(step, type)) {
                    return true;
                }
            }
        }
    }
    return false;
}

bool is_byte_token(const std::string& token) {
    return token.size() == 6 && token.starts_with("<0x") && token.ends_with('>');
}

// Two tokens that a merge joins, in either way of writing it.
std::optional<std::pair<std::string, std::string>> merge_of(const Json& item) {
    if (item.is_array() && item.size() == 2 && item[0].is_string() && item[1].is_string()) {
        return std::pair(item[0].get<std::string>(), item[1].get<std::string>());
    }
    if (!item.is_string()) {
        return std::nullopt;
    }
    const auto text = item.get<std::string>();
    const std::size_t space = text.find(' ');
    if (space == std::string::npos) {
        return std::nullopt;
    }
    return std::pair(text.substr(0, space), text.substr(space + 1));
}

class Builder {
public:
    Builder(const fs::path& folder, const Tokenizer& own, Json json, std::int64_t size)
        : folder_(folder), own_(own), json_(std::move(json)), model_(json_["model"]), size_(size) {}

    Result<std::vector<GgufEntry>> run() {
        TANDEM_TRY(read_tokens());
        if (model_.value("type", "") != "BPE") {
            return refuse("tokenizers of type '" + printable(model_.value("type", "none")).substr(0, 40) +
                              "' are not written to GGUF by this version, BPE is",
                          folder_);
        }
        if (has_step(json_["pre_tokenizer"], "ByteLevel") || has_step(json_["decoder"], "ByteLevel")) {
            return byte_level();
        }
        if (model_.value("byte_fallback", false)) {
            return byte_fallback();
        }
        return refuse("a BPE tokenizer that is neither byte-level nor falls back to bytes has no GGUF form", folder_);
    }

private:
    Result<void> read_tokens() {
        std::map<std::int64_t, std::pair<std::string, TokenType>> by_id;
        if (model_["vocab"].is_object()) {
            for (const auto& [token, id] : model_["vocab"].items()) {
                if (id.is_number_integer()) {
                    by_id[id.get<std::int64_t>()] = {token, is_byte_token(token) ? byte : normal};
                }
            }
        }
        const std::string unknown_token = model_.contains("unk_token") && model_["unk_token"].is_string()
                                              ? model_["unk_token"].get<std::string>()
                                              : std::string();
        for (const Json& added : json_.value("added_tokens", Json::array())) {
            const auto id = added.value("id", std::int64_t{-1});
            const auto content = added.value("content", std::string());
            const TokenType type = content == unknown_token && !content.empty() ? unknown
                                   : added.value("special", false)              ? control
                                                                                : user_defined;
            by_id[id] = {content, type};
        }
        if (by_id.empty() || by_id.begin()->first < 0 || by_id.rbegin()->first >= size_) {
            return refuse("the tokenizer has ids " +
                              (by_id.empty() ? std::string("of no token")
                                             : std::to_string(by_id.begin()->first) + ".." +
                                                   std::to_string(by_id.rbegin()->first)) +
                              ", the embedding has rows 0.." + std::to_string(size_ - 1),
                          folder_);
        }
        for (std::int64_t id = 0; id < size_; ++id) {
            const auto found = by_id.find(id);
            tokens_.push_back(found == by_id.end() ? "[PAD" + std::to_string(id) + "]" : found->second.first);
            types_.push_back(found == by_id.end() ? unused : found->second.second);
        }
        return {};
    }

    Result<std::vector<GgufEntry>> byte_level() {
        std::vector<std::string> merges;
        for (const Json& item : model_["merges"]) {
            const auto merge = merge_of(item);
            if (!merge) {
                return refuse("a merge of the tokenizer is not two tokens", folder_);
            }
            merges.push_back(merge->first + " " + merge->second);
        }
        std::string difference;
        for (const char* name : pre_names) {
            std::vector<GgufEntry> entries;
            add(entries, "model", GgufKind::string, std::string("gpt2"));
            add(entries, "pre", GgufKind::string, std::string(name));
            add_tokens(entries);
            add(entries, "merges", GgufKind::string, merges);
            add_specials(entries);
            if (is_same(entries, difference)) {
                return entries;
            }
        }
        return refuse("no pre-tokenizer that GGUF names splits texts as this tokenizer does", folder_);
    }

    Result<std::vector<GgufEntry>> byte_fallback() {
        std::unordered_map<std::string, std::int64_t> rank;
        std::int64_t count = 0;
        for (const Json& item : model_["merges"]) {
            const auto merge = merge_of(item);
            if (!merge) {
                return refuse("a merge of the tokenizer is not two tokens", folder_);
            }
            rank.emplace(merge->first + merge->second, count++);
        }
        // SentencePiece merges the pair whose piece has the highest score: earlier merges have higher ones.
        std::vector<double> scores;
        for (std::size_t id = 0; id < tokens_.size(); ++id) {
            const auto found = rank.find(tokens_[id]);
            const bool is_piece = types_[id] == normal || types_[id] == user_defined;
            scores.push_back(!is_piece             ? 0
                             : found == rank.end() ? -static_cast<double>(count) - static_cast<double>(id)
                                                   : -static_cast<double>(found->second));
        }
        std::string difference;
        for (const bool prefix : {true, false}) {
            std::vector<GgufEntry> entries;
            add(entries, "model", GgufKind::string, std::string("llama"));
            add(entries, "pre", GgufKind::string, std::string("default"));
            add_tokens(entries);
            add(entries, "scores", GgufKind::f32, scores);
            add_specials(entries);
            add(entries, "add_space_prefix", GgufKind::boolean, prefix);
            if (is_same(entries, difference)) {
                return entries;
            }
        }
        return refuse("as a GGUF's SentencePiece vocabulary the tokenizer would give other ids, for one to the text '" +
                          printable(difference).substr(0, 60) + "'",
                      folder_);
    }

    void add(std::vector<GgufEntry>& entries, const char* key, GgufKind kind, const GgufValue& value) const {
        entries.push_back(make_gguf_entry(std::string("tokenizer.ggml.") + key, kind, value).value());
    }

    void add_tokens(std::vector<GgufEntry>& entries) const {
        add(entries, "tokens", GgufKind::string, tokens_);
        add(entries, "token_type", GgufKind::i32, std::vector<std::int64_t>(types_.begin(), types_.end()));
    }

    void add_specials(std::vector<GgufEntry>& entries) const {
        const auto id = [&](const char* key, std::optional<TokenId> token) {
            if (token) {
                add(entries, key, GgufKind::u32, std::int64_t{*token});
            }
        };
        id("bos_token_id", own_.bos());
        id("eos_token_id", own_.eos());
        for (const auto& [key, name] :
             {std::pair{"unknown_token_id", "unk_token"}, std::pair{"padding_token_id", "pad_token"}}) {
            const Json config = read_json(folder_ / "tokenizer_config.json");
            const Json token = config.is_object() && config.contains(name) ? config[name] : Json();
            const Json text = token.is_object() && token.contains("content") ? token["content"] : token;
            if (text.is_string()) {
                id(key, own_.find(text.get<std::string>()));
            }
        }
        const std::vector<const char*> end_keys{"eot_token_id", "eom_token_id"};
        std::size_t used = 0;
        for (const TokenId end : own_.end_ids()) {
            if (end != own_.eos() && used < end_keys.size()) {
                id(end_keys[used++], end);
            }
        }
        const auto with = own_.encode("x", {.add_special = true});
        const auto without = own_.encode("x", {.add_special = false});
        const bool starts = own_.bos() && !with.empty() && with.front() == *own_.bos() && with.size() > without.size();
        const bool ends = own_.eos() && !with.empty() && with.back() == *own_.eos() && with.size() > without.size();
        add(entries, "add_bos_token", GgufKind::boolean, starts);
        add(entries, "add_eos_token", GgufKind::boolean, ends);
        if (const std::string text = own_.chat_template(); !text.empty()) {
            entries.push_back(make_gguf_entry("tokenizer.chat_template", GgufKind::string, text).value());
        }
    }

    // Read back, the entries give the ids of the folder's tokenizer.
    bool is_same(const std::vector<GgufEntry>& entries, std::string& difference) const {
        const auto head = gguf_head(entries, {});
        const auto file = GgufFile::parse(std::as_bytes(std::span(*head)), "the converted tokenizer");
        if (!file.ok()) {
            return false;
        }
        const auto made = Tokenizer::from_gguf(**file);
        if (!made.ok()) {
            return false;
        }
        const auto found = first_difference(own_, **made);
        difference = found.value_or("");
        return !found;
    }

    fs::path folder_;
    const Tokenizer& own_;
    Json json_;
    Json& model_;
    std::int64_t size_;
    std::vector<std::string> tokens_;
    std::vector<TokenType> types_;
};

}  // namespace

Result<std::vector<GgufEntry>> tokenizer_entries(const fs::path& folder, std::int64_t vocabulary) {
    const auto own = TANDEM_TRY(Tokenizer::from_folder(folder));
    Json json = read_json(folder / "tokenizer.json");
    if (!json.is_object() || !json.contains("model") || !json["model"].is_object()) {
        return refuse("only a tokenizer.json is written to GGUF by this version, and the folder has none", folder);
    }
    return Builder(folder, *own, std::move(json), vocabulary).run();
}

std::vector<GgufEntry> sampling_entries(const fs::path& folder) {
    struct Knob {
        const char* ours;
        const char* key;
        GgufKind kind;
    };
    constexpr std::array<Knob, 5> knobs{{{"temperature", "temp", GgufKind::f32},
                                         {"top_k", "top_k", GgufKind::i32},
                                         {"top_p", "top_p", GgufKind::f32},
                                         {"min_p", "min_p", GgufKind::f32},
                                         {"repetition_penalty", "penalty_repeat", GgufKind::f32}}};
    const Json config = read_json(folder / "generation_config.json");
    std::vector<GgufEntry> entries;
    if (!config.is_object()) {
        return entries;
    }
    for (const Knob& knob : knobs) {
        const Json value = config.contains(knob.ours) ? config[knob.ours] : Json();
        const bool fits = knob.kind == GgufKind::f32 ? value.is_number() : value.is_number_integer();
        if (fits) {
            const GgufValue number =
                knob.kind == GgufKind::f32 ? GgufValue(value.get<double>()) : GgufValue(value.get<std::int64_t>());
            if (auto entry = make_gguf_entry(std::string("general.sampling.") + knob.key, knob.kind, number)) {
                entries.push_back(std::move(entry).value());
            }
        }
    }
    return entries;
}

}  // namespace tandem
