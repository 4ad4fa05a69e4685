#include "engine/run_fingerprint.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <vector>

namespace tandem {

namespace fs = std::filesystem;

std::string fingerprint(const ModelRef& model) {
    std::string text = model.sha256;
    std::error_code failure;
    const auto add_file = [&](const fs::path& path) {
        text += "\n" + path.string() + " " + std::to_string(fs::file_size(path, failure)) + " " +
                std::to_string(fs::last_write_time(path, failure).time_since_epoch().count());
    };
    const auto add_place = [&](const std::string& location) {
        std::vector<fs::path> files;
        if (fs::is_directory(location, failure)) {
            for (const auto& entry : fs::directory_iterator(location, failure)) {
                files.push_back(entry.path());
            }
        } else {
            files.emplace_back(location);
        }
        std::ranges::sort(files);
        std::ranges::for_each(files, add_file);
    };
    if (model.sha256.empty()) {
        add_place(model.location);
    }
    if (!model.adapter.empty()) {
        text += "\nadapter " + model.adapter_sha256;
        if (model.adapter_sha256.empty()) {
            add_place(model.adapter);
        }
    }
    return text;
}

}  // namespace tandem
