#include <algorithm>

#include "engine/api/utf8.h"
#include "engine/tensor/foreign_file.h"
#include "engine/tensor/mapped_file.h"
#include "engine/tokenizer/class_overrides.h"
#include "engine/tokenizer/folder_templates.h"
#include "engine/tokenizer/json_fields.h"
#include "engine/tokenizer/json_reader.h"
#include "engine/tokenizer/open_classes.h"
#include "engine/tokenizer/small_json.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

std::string_view text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// A token is written as its text, or as an object with `content`.
std::optional<std::string> token_text(const Json& object, const char* key) {
    if (!object.is_object() || !object.contains(key)) {
        return std::nullopt;
    }
    const Json& value = object.at(key);
    if (value.is_string()) {
        return value.get<std::string>();
    }
    if (value.is_object() && value.contains("content") && value.at("content").is_string()) {
        return value.at("content").get<std::string>();
    }
    return std::nullopt;
}

void add_eos_ids(const Json& config, std::vector<std::int64_t>& ids) {
    if (!config.is_object() || !config.contains("eos_token_id")) {
        return;
    }
    const Json& value = config.at("eos_token_id");
    const auto add = [&](const Json& id) {
        if (id.is_number_integer()) {
            ids.push_back(id.get<std::int64_t>());
        }
    };
    if (value.is_array()) {
        for (const Json& id : value) {
            add(id);
        }
    } else {
        add(value);
    }
}

// special_tokens_map.json over tokenizer_config.json, key for key, as transformers 5.17 merges them.
void merge_map(const Json& map, Json& config) {
    for (const auto& [key, given] : map.items()) {
        Json value = given;
        if (key == "extra_special_tokens" && value.is_array()) {
            Json all = config.contains(key) && config.at(key).is_array() ? config.at(key) : Json::array();
            for (Json& token : value) {
                if (std::find(all.begin(), all.end(), token) == all.end()) {
                    all.push_back(std::move(token));
                }
            }
            value = std::move(all);
        } else if (value.is_object() && key != "extra_special_tokens") {
            value["special"] = true;
        }
        // Of these two names the config's older one was taken over by the newer one before the map comes.
        if (key == "additional_special_tokens" && config.contains("extra_special_tokens")) {
            continue;
        }
        config[key] = std::move(value);
    }
}

Result<FolderHints> read_hints(const fs::path& folder) {
    FolderHints hints;
    const fs::path config_path = folder / "tokenizer_config.json";
    const Json config = TANDEM_TRY(read_small_json(folder / "config.json"));
    const Json generation = TANDEM_TRY(read_small_json(folder / "generation_config.json"));
    Json settings = TANDEM_TRY(read_small_json(config_path));
    if (!settings.is_object()) {
        settings = Json::object();
    }
    if (config.is_object() && config.contains("vocab_size") && config.at("vocab_size").is_number_integer()) {
        hints.vocab_size = config.at("vocab_size").get<std::int64_t>();
    }
    // The files of before transformers 4.34 count only where added_tokens_decoder does not say it all.
    const bool is_old = !settings.contains("added_tokens_decoder");
    if (is_old && settings.contains("additional_special_tokens") && !settings.contains("extra_special_tokens")) {
        settings["extra_special_tokens"] = settings.at("additional_special_tokens");
    }
    const Json map = is_old ? TANDEM_TRY(read_small_json(folder / "special_tokens_map.json")) : Json();
    const Json listed = is_old ? TANDEM_TRY(read_small_json(folder / "added_tokens.json")) : Json();
    if (map.is_object()) {
        merge_map(map, settings);
    }
    for (const auto& [key, place] : {std::pair{"bos_token", &hints.bos}, std::pair{"eos_token", &hints.eos}}) {
        if (auto text = token_text(settings, key)) {
            const bool in_map = map.is_object() && map.contains(key);
            *place = {.text = *std::move(text), .file = in_map ? "special_tokens_map.json" : "tokenizer_config.json"};
        }
    }
    hints.tokens = TANDEM_TRY(read_config_tokens(settings, config_path.string()));
    TANDEM_TRY(read_listed_tokens(listed, settings, (folder / "added_tokens.json").string(), hints.tokens));
    if (settings.value("split_special_tokens", Json()) == Json(true)) {
        return config_error("split_special_tokens true is not supported, supported is false", config_path.string());
    }
    add_eos_ids(config, hints.eos_ids);
    add_eos_ids(generation, hints.eos_ids);
    if (settings.contains("clean_up_tokenization_spaces")) {
        hints.cleans_up = settings.at("clean_up_tokenization_spaces") == true;
    }
    for (const char* name : {"unk_token", "sep_token", "pad_token", "cls_token", "mask_token"}) {
        if (auto text = token_text(settings, name)) {
            hints.chat.tokens.emplace_back(name, *std::move(text));
        }
    }
    TANDEM_TRY(read_folder_templates(folder, settings, hints));
    return hints;
}

Result<std::shared_ptr<const Tokenizer>> read_tokenizer_json(const fs::path& path, const FolderHints& hints) {
    const auto file = TANDEM_TRY(MappedFile::open(path));
    const auto foreign = recognise_foreign(file->bytes());
    if (foreign == ForeignKind::pickle) {
        return pickle_refused("a pickle", path.string());
    }
    if (foreign && *foreign != ForeignKind::json) {
        return not_a_model(*foreign, "a tokenizer.json", path.string());
    }
    Json tree = TANDEM_TRY(parse_bounded_json(text_of(file->bytes()), path.string()));
    TANDEM_TRY(apply_class_overrides(TANDEM_TRY(FolderSettings::read(path.parent_path(), true)), tree));
    return tokenizer_from_tree(tree, path.string(), hints);
}

}  // namespace

Result<std::shared_ptr<const Tokenizer>> Tokenizer::from_folder(const fs::path& folder) {
    if (TANDEM_TRY(needs_own_files(folder))) {
        return open_own_files(folder, TANDEM_TRY(read_hints(folder)));
    }
    return read_tokenizer_json(folder / "tokenizer.json", TANDEM_TRY(read_hints(folder)));
}

Result<std::shared_ptr<const Tokenizer>> Tokenizer::open(const fs::path& location) {
    std::error_code ignored;
    if (fs::is_directory(location, ignored)) {
        return from_folder(location);
    }
    if (location.extension() == ".json") {
        return read_tokenizer_json(location, TANDEM_TRY(read_hints(location.parent_path())));
    }
    const auto file = TANDEM_TRY(GgufFile::open(location));
    return from_gguf(*file);
}

}  // namespace tandem
