#include "app/runner/places.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <string>
#include <system_error>

#include "app/library/library.h"
#include "app/runner/runner.h"
#include "db/store/store.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

fs::path this_folder() {
    std::error_code failed;
    const fs::path program = fs::read_symlink("/proc/self/exe", failed);
    return failed ? fs::path() : program.parent_path();
}

bool is_program(const fs::path& path) {
    std::error_code ignored;
    return fs::is_regular_file(path, ignored) && access(path.c_str(), X_OK) == 0;
}

}  // namespace

fs::path find_program(const std::string& name) {
    if (const fs::path beside = this_folder() / name; is_program(beside)) {
        return beside;
    }
    const char* path = std::getenv("PATH");
    std::istringstream folders(path == nullptr ? "" : path);
    for (std::string folder; std::getline(folders, folder, ':');) {
        if (const fs::path program = fs::path(folder) / name; !folder.empty() && is_program(program)) {
            return program;
        }
    }
    return {};
}

Result<fs::path> find_worker(const fs::path& wanted) {
    const fs::path found = wanted.empty() ? find_program("tandem-worker") : wanted;
    if (is_program(found)) {
        return found;
    }
    return Error{.code = "WORKER_PROGRAM_MISSING",
                 .message =
                     "the program that runs trials is not there; it is built where libtorch is found and "
                     "installed beside tandem; nothing was run and nothing was stored",
                 .where = found.empty() ? (this_folder() / "tandem-worker").string() + " and PATH" : found.string(),
                 .kind = ErrorKind::unsupported};
}

fs::path trial_cache_folder() {
    const char* cache = std::getenv("XDG_CACHE_HOME");
    const char* home = std::getenv("HOME");
    const fs::path base =
        cache != nullptr && *cache != '\0' ? fs::path(cache) : fs::path(home == nullptr ? "" : home) / ".cache";
    return base / "tandem";
}

std::vector<fs::path> experiment_folders() {
    const fs::path here = this_folder();
    return {here.parent_path() / "share" / "tandem" / "experiments", fs::path(TANDEM_INSTALLED_EXPERIMENTS),
            fs::path(TANDEM_SOURCE_EXPERIMENTS)};
}

RunnerOptions with_defaults(RunnerOptions options) {
    if (options.database.empty()) {
        options.database = default_database_path();
    }
    if (options.library.empty()) {
        options.library = Library::default_folder();
    }
    return options;
}

Result<fs::path> find_experiment(const std::string& name) {
    std::error_code ignored;
    if (fs::exists(name, ignored) || name.find('/') != std::string::npos) {
        return fs::path(name);  // reading it says what is wrong with it
    }
    std::vector<std::string> known;
    for (const fs::path& folder : experiment_folders()) {
        for (const auto& entry : fs::directory_iterator(folder, ignored)) {
            const fs::path file = entry.path();
            if (file.extension() != ".yaml" || file.stem() == "models") {
                continue;
            }
            if (file.stem() == name || file.filename() == name) {
                return file;
            }
            known.push_back(file.stem().string());
        }
    }
    std::sort(known.begin(), known.end());
    known.erase(std::unique(known.begin(), known.end()), known.end());
    std::string message = "there is no such file, and no installed experiment of this name";
    if (const std::string nearest = did_you_mean(name, known); !nearest.empty()) {
        message += "; did you mean " + nearest + "?";
    } else if (!known.empty()) {
        message += "; installed are";
        for (const std::string& experiment : known) {
            message += " " + experiment;
        }
    }
    return Error{.code = "EXPERIMENT_NOT_FOUND", .message = message, .where = name, .kind = ErrorKind::bad_input};
}

}  // namespace tandem
