#include "engine/tokenizer/folder_templates.h"

#include <algorithm>

#include "engine/api/utf8.h"
#include "engine/tensor/mapped_file.h"
#include "engine/tokenizer/tokenizer_error.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t largest_template = 1U << 20;
constexpr std::size_t most_templates = 64;

bool is_there(const fs::path& path) {
    std::error_code ignored;
    return fs::exists(path, ignored);
}

std::string_view text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Result<std::string> read_template(const fs::path& path) {
    const auto file = TANDEM_TRY(MappedFile::open(path, EmptyFile::allowed));
    const std::string_view text = text_of(file->bytes());
    if (text.size() > largest_template || find_invalid_utf8(text)) {
        return config_error("a chat template must be UTF-8 of at most " + std::to_string(largest_template) +
                                " bytes, found " + std::to_string(text.size()) + " bytes",
                            path.string());
    }
    return std::string(text);
}

void put(FolderHints& hints, const std::string& name, std::string source) {
    if (name == "default") {
        hints.chat_template = std::move(source);
        return;
    }
    auto& named = hints.chat.named;
    const auto there = std::find_if(named.begin(), named.end(), [&](const auto& one) { return one.first == name; });
    if (there != named.end()) {
        there->second = std::move(source);
    } else if (named.size() < most_templates) {
        named.emplace_back(name, std::move(source));
    }
}

void put_config(const Json& config, FolderHints& hints) {
    if (!config.is_object() || !config.contains("chat_template")) {
        return;
    }
    const Json& value = config.at("chat_template");
    if (value.is_string()) {
        put(hints, "default", value.get<std::string>());
    }
    const auto text = [](const Json& item, const char* key) {
        return item.is_object() && item.contains(key) && item.at(key).is_string() ? item.at(key).get<std::string>()
                                                                                  : std::string();
    };
    if (value.is_array()) {
        for (const Json& item : value) {
            if (const std::string name = text(item, "name"); !name.empty()) {
                put(hints, name, text(item, "template"));
            }
        }
    } else if (value.is_object()) {
        for (const auto& [name, source] : value.items()) {
            if (source.is_string()) {
                put(hints, name, source.get<std::string>());
            }
        }
    }
}

Result<void> put_more(const fs::path& folder, FolderHints& hints) {
    std::error_code failed;
    std::vector<fs::path> files;
    for (fs::directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed)) {
        if (at->path().extension() == ".jinja" && files.size() < most_templates) {
            files.push_back(at->path());
        }
    }
    std::sort(files.begin(), files.end());
    for (const fs::path& file : files) {
        put(hints, file.stem().string(), TANDEM_TRY(read_template(file)));
    }
    return {};
}

}  // namespace

Result<void> read_folder_templates(const fs::path& folder, const Json& tokenizer_config, FolderHints& hints) {
    put_config(tokenizer_config, hints);
    const fs::path own = folder / "chat_template.jinja";
    const fs::path more = folder / "additional_chat_templates";
    if (const fs::path old = folder / "chat_template.json"; !is_there(own) && is_there(old)) {
        const auto file = TANDEM_TRY(MappedFile::open(old));
        put_config(TANDEM_TRY(parse_bounded_json(text_of(file->bytes()), old.string(), {.bytes = 4U << 20})), hints);
    }
    if (is_there(own) || is_there(more)) {
        hints.chat.named.clear();  // the files replace what the configuration says
    }
    if (is_there(own)) {
        hints.chat_template = TANDEM_TRY(read_template(own));
    }
    return is_there(more) ? put_more(more, hints) : Result<void>();
}

}  // namespace tandem
