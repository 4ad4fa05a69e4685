// A folder of Hugging Face files: config.json, safetensors, tokenizer files, README.md.
#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/models/inspect_parts.h"
#include "engine/models/inspect_sources.h"
#include "engine/models/target_tokens.h"
#include "engine/tensor/foreign_file.h"
#include "engine/tensor/mapped_file.h"
#include "engine/tensor/safetensors.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

bool is_there(const fs::path& path) {
    std::error_code ignored;
    return fs::exists(path, ignored);
}

// The start of a text file; empty when there is none.
std::string head_of(const fs::path& path) {
    constexpr std::streamsize most = 64 << 10;
    std::ifstream file(path, std::ios::binary);
    std::string text(static_cast<std::size_t>(most), '\0');
    file.read(text.data(), most);
    text.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
    return text;
}

std::string trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r\n\"'");
    if (first == std::string_view::npos) {
        return "";
    }
    const auto last = text.find_last_not_of(" \t\r\n\"'");
    return std::string(text.substr(first, last - first + 1));
}

// "license: apache-2.0" between the two "---" that open a model card, else the first line of a licence file.
std::string licence_of(const fs::path& folder) {
    const std::string card = head_of(folder / "README.md");
    if (card.starts_with("---\n") || card.starts_with("---\r\n")) {
        const std::string_view matter = std::string_view(card).substr(0, card.find("\n---", 4));
        constexpr std::string_view key = "\nlicense:";
        if (const auto at = matter.find(key); at != std::string_view::npos) {
            const std::string_view rest = matter.substr(at + key.size());
            return trimmed(rest.substr(0, rest.find('\n'))).substr(0, 80);
        }
    }
    for (const char* name : {"LICENSE", "LICENSE.txt", "LICENSE.md"}) {
        const std::string text = trimmed(head_of(folder / name));
        if (!text.empty()) {
            return trimmed(std::string_view(text).substr(0, text.find('\n'))).substr(0, 80);
        }
    }
    return "";
}

bool has_chat_template(const fs::path& folder) {
    if (is_there(folder / "chat_template.jinja")) {
        return true;
    }
    const auto file = MappedFile::open(folder / "tokenizer_config.json");
    if (!file.ok()) {
        return false;
    }
    const std::string_view text(reinterpret_cast<const char*>((*file)->bytes().data()), (*file)->bytes().size());
    return text.find("\"chat_template\"") != std::string_view::npos;
}

std::string tokenizer_file(const fs::path& folder) {
    for (const char* name : {"tokenizer.json", "tokenizer.model"}) {
        if (is_there(folder / name)) {
            return name;
        }
    }
    return "";
}

// Why there are no safetensors: say so when the weights are there in a form that is never read.
Error no_weights(const fs::path& folder) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder, ignored)) {
        if (is_pickle_name(entry.path())) {
            return pickle_refused("only weights of PyTorch's own formats ('" + entry.path().filename().string() + "')",
                                  folder.string());
        }
    }
    return {.code = "MODEL_NOT_FOUND",
            .message = "the folder has no model.safetensors and no model.safetensors.index.json; nothing was loaded",
            .where = folder.string(),
            .kind = ErrorKind::bad_input};
}

}  // namespace

Result<ModelFacts> inspect_folder(const fs::path& folder) {
    const fs::path config_path = folder / "config.json";
    if (!is_there(config_path)) {
        return Error{.code = "MODEL_NOT_FOUND",
                     .message =
                         "the folder has no config.json; need the files of a Hugging Face model; nothing was "
                         "loaded",
                     .where = folder.string(),
                     .kind = ErrorKind::bad_input};
    }
    const auto config = TANDEM_TRY(MappedFile::open(config_path));
    const std::string_view text(reinterpret_cast<const char*>(config->bytes().data()), config->bytes().size());
    ConfigReading reading = TANDEM_TRY(read_config(text, config_path.string()));
    if (!is_there(folder / "model.safetensors") && !is_there(folder / "model.safetensors.index.json")) {
        return no_weights(folder);
    }
    const auto weights = TANDEM_TRY(SafetensorsFile::open(folder));
    ModelFacts facts;
    facts.format = "safetensors";
    facts.shape = std::move(reading.shape);
    TANDEM_TRY(read_generation_config(folder, facts.shape));
    facts.warnings = std::move(reading.warnings);
    sum_tensors(*weights, Naming::hugging_face, facts);
    facts.tokenizer = tokenizer_file(folder);
    facts.has_chat_template = has_chat_template(folder);
    facts.licence = licence_of(folder);
    return facts;
}

}  // namespace tandem
