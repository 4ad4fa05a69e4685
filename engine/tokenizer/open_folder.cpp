#include <array>

#include "engine/api/utf8.h"
#include "engine/tensor/foreign_file.h"
#include "engine/tensor/mapped_file.h"
#include "engine/tokenizer/json_fields.h"
#include "engine/tokenizer/json_reader.h"
#include "engine/tokenizer/open_classes.h"
#include "engine/tokenizer/small_json.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t largest_template = 1U << 20;

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

// One template, or a list of named ones of which "default" counts.
std::string template_text(const Json& config) {
    if (!config.is_object() || !config.contains("chat_template")) {
        return {};
    }
    const Json& value = config.at("chat_template");
    if (value.is_string()) {
        return value.get<std::string>();
    }
    if (value.is_array()) {
        for (const Json& item : value) {
            if (token_text(item, "name") == "default") {
                return token_text(item, "template").value_or("");
            }
        }
    }
    return {};
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

Result<FolderHints> read_hints(const fs::path& folder) {
    FolderHints hints;
    const Json config = TANDEM_TRY(read_small_json(folder / "config.json"));
    const Json generation = TANDEM_TRY(read_small_json(folder / "generation_config.json"));
    const Json tokenizer_config = TANDEM_TRY(read_small_json(folder / "tokenizer_config.json"));
    const Json special = TANDEM_TRY(read_small_json(folder / "special_tokens_map.json"));
    if (config.is_object() && config.contains("vocab_size") && config.at("vocab_size").is_number_integer()) {
        hints.vocab_size = config.at("vocab_size").get<std::int64_t>();
    }
    for (const Json* source : {&special, &tokenizer_config}) {
        for (const auto& [key, place] : {std::pair{"bos_token", &hints.bos}, std::pair{"eos_token", &hints.eos}}) {
            if (auto text = token_text(*source, key)) {
                *place = std::move(text);
            }
        }
    }
    hints.tokens =
        TANDEM_TRY(read_config_tokens(tokenizer_config, special, (folder / "tokenizer_config.json").string()));
    if (tokenizer_config.is_object() && tokenizer_config.value("split_special_tokens", Json()) == Json(true)) {
        return config_error("split_special_tokens true is not supported, supported is false",
                            (folder / "tokenizer_config.json").string());
    }
    add_eos_ids(config, hints.eos_ids);
    add_eos_ids(generation, hints.eos_ids);
    if (tokenizer_config.is_object() && tokenizer_config.contains("clean_up_tokenization_spaces")) {
        hints.cleans_up = tokenizer_config.at("clean_up_tokenization_spaces") == true;
    }
    hints.chat_template = template_text(tokenizer_config);
    if (const fs::path own = folder / "chat_template.jinja"; is_there(own)) {
        const auto file = TANDEM_TRY(MappedFile::open(own, EmptyFile::allowed));
        const std::string_view text = text_of(file->bytes());
        if (text.size() > largest_template || find_invalid_utf8(text)) {
            return config_error("a chat template must be UTF-8 of at most " + std::to_string(largest_template) +
                                    " bytes, found " + std::to_string(text.size()) + " bytes",
                                own.string());
        }
        hints.chat_template = text;
    }
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
    return tokenizer_from_json(text_of(file->bytes()), path.string(), hints);
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
