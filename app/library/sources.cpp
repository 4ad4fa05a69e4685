#include "app/library/sources.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace tandem {

namespace library {
extern const char* const sources_text;  // sources_text.cpp, made from experiments/catalog/sources.json
}

namespace {

// The text is part of the program and a test reads every row, so a fault in it cannot reach a user.
std::vector<ModelSource> read_sources() {
    std::vector<ModelSource> sources;
    const auto document = nlohmann::json::parse(library::sources_text);
    for (const nlohmann::json& row : document.at("models")) {
        ModelSource& source = sources.emplace_back();
        row.at("name").get_to(source.name);
        row.at("file").get_to(source.file);
        row.at("bytes").get_to(source.bytes);
        row.at("sha256").get_to(source.sha256);
        row.at("licence").get_to(source.licence);
        row.at("notice").get_to(source.notice);
        row.at("opt_in").get_to(source.opt_in);
        for (const nlohmann::json& part : row.at("parts")) {
            source.parts.push_back({.package = part.at("package"),
                                    .version = part.at("version"),
                                    .member = part.at("member"),
                                    .download_bytes = part.value("download_bytes", std::int64_t{0})});
        }
    }
    return sources;
}

}  // namespace

std::int64_t ModelSource::download_bytes() const {
    std::int64_t total = 0;
    for (const PackagePart& part : parts) {
        if (part.download_bytes == 0) {
            return 0;
        }
        total += part.download_bytes;
    }
    return total;
}

std::span<const ModelSource> model_sources() {
    static const std::vector<ModelSource> sources = read_sources();
    return sources;
}

const ModelSource* find_source(std::string_view name) {
    const auto sources = model_sources();
    const auto found =
        std::find_if(sources.begin(), sources.end(), [&](const ModelSource& source) { return source.name == name; });
    return found == sources.end() ? nullptr : &*found;
}

}  // namespace tandem
