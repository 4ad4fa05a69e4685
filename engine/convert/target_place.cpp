#include "engine/convert/target_place.h"

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "engine/tensor/output_file.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

Error fault(const char* code, const std::string& message, const fs::path& where,
            ErrorKind kind = ErrorKind::bad_input) {
    return {.code = code, .message = message + "; nothing was written", .where = where.string(), .kind = kind};
}

Error io_fault(const std::string& doing, const fs::path& where, const std::error_code& reason) {
    return fault("FILE_IO", doing + " failed (" + reason.message() + ")", where, ErrorKind::io);
}

// "a/b/" names the same as "a/b".
fs::path without_end_slash(const fs::path& path) {
    return path.has_filename() ? path : path.parent_path();
}

fs::path parent_of(const fs::path& path) {
    const fs::path parent = without_end_slash(path).parent_path();
    return parent.empty() ? fs::path(".") : parent;
}

}  // namespace

Result<fs::path> check_target(const fs::path& source, const fs::path& named, Existing existing) {
    std::error_code ignored;
    if (named.empty()) {
        return fault("CONVERT_TARGET", "no place to write to was named", named);
    }
    const fs::path target = TANDEM_TRY(output_place(without_end_slash(named)));
    if (!fs::is_directory(parent_of(target), ignored)) {
        return fault("FILE_NOT_FOUND", "there is no folder '" + parent_of(target).string() + "' to write into", target);
    }
    if (fs::exists(target, ignored)) {
        if (fs::equivalent(source, target, ignored)) {
            return fault("CONVERT_SAME_PLACE", "the model would be written over itself; name another place", target);
        }
        if (existing == Existing::refuse) {
            return fault("CONVERT_EXISTS", "it exists already; --force replaces it", target);
        }
        const bool wants_folder = named.extension() != ".gguf";
        if (fs::is_directory(target, ignored) != wants_folder) {
            return fault("CONVERT_EXISTS",
                         wants_folder ? "a file is in the way of the folder" : "a folder is in the way of the file",
                         target);
        }
        // Only a model's folder is replaced: a slip of the hand must not empty another one.
        if (wants_folder && !fs::is_empty(target, ignored) && !fs::exists(target / "config.json", ignored)) {
            return fault("CONVERT_EXISTS", "the folder there holds no config.json, so it is no model to replace",
                         target);
        }
        const fs::path inside = fs::weakly_canonical(source, ignored);
        if (wants_folder && inside.string().starts_with(fs::weakly_canonical(target, ignored).string() + "/")) {
            return fault("CONVERT_SAME_PLACE", "the model to read lies in the folder that would be replaced", target);
        }
    }
    return target;
}

void remove_leftovers(const fs::path& target) {
    const std::string start = target.filename().string() + ".partial-";
    std::error_code failed;
    std::vector<fs::path> left;
    for (const auto& entry : fs::directory_iterator(parent_of(target), failed)) {
        const std::string name = entry.path().filename().string();
        pid_t process = 0;
        const char* const end = name.data() + name.size();
        if (name.starts_with(start) && std::from_chars(name.data() + start.size(), end, process).ptr == end &&
            process > 0 && ::kill(process, 0) != 0 && errno == ESRCH) {
            left.push_back(entry.path());
        }
    }
    for (const fs::path& path : left) {
        fs::remove_all(path, failed);
    }
}

Result<void> check_space(const fs::path& target, std::int64_t bytes) {
    std::error_code failed;
    const fs::space_info space = fs::space(parent_of(target), failed);
    constexpr std::int64_t reserve = 16 << 20;
    if (!failed && static_cast<std::int64_t>(space.available) < bytes + reserve) {
        return fault("CONVERT_NO_SPACE",
                     "need " + std::to_string((bytes + reserve) / 1'000'000) + " MB there, free are " +
                         std::to_string(space.available / 1'000'000) + " MB; free some or name another disk",
                     target, ErrorKind::io);
    }
    return {};
}

Result<TargetFolder> TargetFolder::create(const fs::path& target) {
    const fs::path place = without_end_slash(target);
    fs::path beside = place.string() + ".partial-" + std::to_string(::getpid());
    std::error_code failed;
    fs::remove_all(beside, failed);
    if (!fs::create_directory(beside, failed)) {
        return io_fault("making the folder", beside, failed);
    }
    return TargetFolder(place, std::move(beside));
}

TargetFolder::TargetFolder(fs::path target, fs::path beside) : target_(std::move(target)), beside_(std::move(beside)) {}

TargetFolder::TargetFolder(TargetFolder&& other) noexcept
    : target_(std::move(other.target_)), beside_(std::exchange(other.beside_, {})) {}

TargetFolder::~TargetFolder() {
    if (!beside_.empty()) {
        std::error_code ignored;
        fs::remove_all(beside_, ignored);
    }
}

Result<void> TargetFolder::commit() {
    TANDEM_TRY(sync_folder(beside_));
    const fs::path old = target_.string() + ".replaced-" + std::to_string(::getpid());
    std::error_code failed;
    const bool replaces = fs::exists(target_, failed);
    if (replaces) {
        fs::rename(target_, old, failed);
        if (failed) {
            return io_fault("moving away what was there", target_, failed);
        }
    }
    fs::rename(beside_, target_, failed);
    if (failed) {
        std::error_code ignored;
        if (replaces) {
            fs::rename(old, target_, ignored);
        }
        return io_fault("giving the folder its name", target_, failed);
    }
    beside_.clear();
    if (replaces) {
        fs::remove_all(old, failed);
    }
    return sync_folder(parent_of(target_));
}

}  // namespace tandem
