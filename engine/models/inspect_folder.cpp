// A folder of Hugging Face files: config.json, safetensors, tokenizer files, README.md.
#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/models/inspect_parts.h"
#include "engine/models/inspect_sources.h"
#include "engine/models/target_tokens.h"
#include "engine/models/tensor_check.h"
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

// Which file a tokenizer is likely read from; the tokenizer's own module says it for certain.
std::string tokenizer_file(const fs::path& folder) {
    for (const char* name : {"tokenizer.json", "tokenizer.model", "spiece.model", "sentencepiece.bpe.model",
                             "vocab.txt", "vocab.json", "qwen.tiktoken"}) {
        if (is_there(folder / name)) {
            return name;
        }
    }
    return "";
}

// Names of the folder's files with this ending, in order.
std::vector<std::string> files_ending(const fs::path& folder, std::string_view ending) {
    std::vector<std::string> names;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder, ignored)) {
        if (entry.path().extension() == ending) {
            names.push_back(entry.path().filename().string());
        }
    }
    std::ranges::sort(names);
    return names;
}

// What the folder holds in the place of a model's files, and the way on; `missing` is what it lacks.
Error no_model(const fs::path& folder, const std::string& missing) {
    const auto error = [&](const std::string& message) {
        return Error{.code = "MODEL_NOT_FOUND",
                     .message = message + "; nothing was loaded",
                     .where = folder.string(),
                     .kind = ErrorKind::bad_input};
    };
    if (const auto files = files_ending(folder, ".gguf"); !files.empty()) {
        return error("a GGUF is given as a file, not as its folder: " + (folder / files.front()).string() +
                     (files.size() > 1 ? " is one of " + std::to_string(files.size()) : ""));
    }
    if (is_there(folder / "adapter_config.json")) {
        return error(
            "the folder holds a LoRA adapter and no model; give the model it was made for, and this folder with "
            "--adapter");
    }
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder, ignored)) {
        if (is_pickle_name(entry.path())) {
            return pickle_refused("only weights of PyTorch's own formats ('" + entry.path().filename().string() + "')",
                                  folder.string());
        }
    }
    std::vector<std::string> graphs = files_ending(folder, ".onnx");
    if (graphs.empty()) {
        graphs = files_ending(folder / "onnx", ".onnx");
    }
    if (!graphs.empty()) {
        return error("the folder holds an ONNX graph ('" + graphs.front() + "'), which is not read, and " + missing +
                     "; take the folder of Hugging Face files that it was made of");
    }
    return error("the folder has " + missing + "; need the files of a Hugging Face model");
}

// Ends that no text can have: generation runs on to its limit.
void warn_of_ends(const fs::path& path, std::int64_t vocab, std::vector<std::string>& warnings) {
    const auto file = MappedFile::open(path);
    if (!file.ok() || vocab == 0) {
        return;
    }
    const std::string_view text(reinterpret_cast<const char*>((*file)->bytes().data()), (*file)->bytes().size());
    const auto config = parse_config(text, path.string());
    if (!config.ok() || !config->contains("eos_token_id")) {
        return;
    }
    const auto& found = config->at("eos_token_id");
    for (const auto& id : found.is_array() ? found : nlohmann::json::array({found})) {
        if (id.is_number_integer() && (id < 0 || id >= vocab)) {
            warnings.push_back("W_EOS_RANGE: eos_token_id " + id.dump() + " of " + path.filename().string() +
                               " is no id of the vocabulary of " + std::to_string(vocab) +
                               ", so that it ends no answer");
        }
    }
}

}  // namespace

Result<ModelFacts> inspect_folder(const fs::path& folder) {
    const fs::path config_path = folder / "config.json";
    if (!is_there(config_path)) {
        return no_model(folder, "no config.json");
    }
    const auto config = TANDEM_TRY(MappedFile::open(config_path));
    const std::string_view text(reinterpret_cast<const char*>(config->bytes().data()), config->bytes().size());
    ConfigReading reading = TANDEM_TRY(read_config(text, config_path.string()));
    if (!is_there(folder / "model.safetensors") && !is_there(folder / "model.safetensors.index.json")) {
        return no_model(folder, "no model.safetensors and no model.safetensors.index.json");
    }
    const auto weights = TANDEM_TRY(SafetensorsFile::open(folder));
    ModelFacts facts;
    facts.format = "safetensors";
    facts.shape = std::move(reading.shape);
    TANDEM_TRY(read_generation_config(folder, facts.shape));
    facts.warnings = std::move(reading.warnings);
    for (const char* name : {"config.json", "generation_config.json"}) {
        warn_of_ends(folder / name, facts.shape.vocab, facts.warnings);
    }
    warn_of_tensors(check_tensors(*weights, tensors_of(facts.shape), Naming::hugging_face, folder.string()),
                    facts.warnings);
    sum_tensors(*weights, Naming::hugging_face, facts);
    facts.tokenizer = tokenizer_file(folder);
    facts.has_chat_template = has_chat_template(folder);
    facts.licence = licence_of(folder);
    return facts;
}

}  // namespace tandem
