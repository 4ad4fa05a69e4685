#include "app/library/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <vector>

namespace tandem::library {
namespace {

namespace fs = std::filesystem;

Result<FileLock> lock_with(const fs::path& path, int operation, auto make) {
    auto descriptor = TANDEM_TRY(Descriptor::open(path, O_RDWR | O_CREAT));
    int result = 0;
    do {
        result = flock(descriptor.get(), operation);
    } while (result != 0 && errno == EINTR);
    if (result != 0 && errno == EWOULDBLOCK) {
        return Error{.code = "FILE_LOCKED",
                     .message = "another process is at work there; nothing was changed; try again when it is done",
                     .where = path.string(),
                     .kind = ErrorKind::io};
    }
    if (result != 0) {
        return file_error(errno, "locking it", path);
    }
    return make(std::move(descriptor));
}

}  // namespace

Error file_error(int system_error, std::string_view doing, const fs::path& path) {
    const char* code = "FILE_IO";
    std::string advice;
    switch (system_error) {
        case ENOSPC:
        case EDQUOT:
            code = "FILE_DISK_FULL";
            advice = "; free some space, or name another place with TANDEM_HOME, and try again";
            break;
        case EACCES:
        case EPERM:
        case EROFS:
            code = "FILE_PERMISSION";
            break;
        case ENOENT:
            code = "FILE_NOT_FOUND";
            break;
        default:
            break;
    }
    return {.code = code,
            .message = std::string(doing) + " failed (" + std::strerror(system_error) +
                       "); what was there before is unchanged" + advice,
            .where = path.string(),
            .kind = ErrorKind::io};
}

Descriptor::~Descriptor() {
    if (number_ >= 0) {
        close(number_);
    }
}

Result<Descriptor> Descriptor::open(const fs::path& path, int flags) {
    const int number = ::open(path.c_str(), flags | O_CLOEXEC, 0644);
    if (number < 0) {
        return file_error(errno, "opening it", path);
    }
    return Descriptor(number);
}

Result<void> make_folder(const fs::path& folder) {
    std::error_code failed;
    fs::create_directories(folder, failed);
    if (failed) {
        return file_error(failed.value(), "making the folder", folder);
    }
    return {};
}

Result<void> write_all(int descriptor, std::span<const std::byte> bytes, const fs::path& path) {
    while (!bytes.empty()) {
        const ssize_t written = write(descriptor, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0) {
            return file_error(errno, "writing it", path);
        }
        bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    return {};
}

Result<void> make_durable(const fs::path& path) {
    for (const auto& [target, flags] : {std::pair(path, O_RDONLY), std::pair(path.parent_path(), O_RDONLY)}) {
        const auto descriptor = TANDEM_TRY(Descriptor::open(target, flags));
        if (fsync(descriptor.get()) != 0) {
            return file_error(errno, "making it durable", target);
        }
    }
    return {};
}

Result<void> rename_durably(const fs::path& from, const fs::path& to) {
    if (auto durable = make_durable(from); !durable) {
        return durable;
    }
    if (std::rename(from.c_str(), to.c_str()) != 0) {
        return file_error(errno, "giving it its name", to);
    }
    return make_durable(to);
}

Result<void> replace_file(const fs::path& path, std::string_view text) {
    const fs::path beside = path.string() + ".new-" + std::to_string(getpid());
    auto written = [&]() -> Result<void> {
        const auto descriptor = TANDEM_TRY(Descriptor::open(beside, O_WRONLY | O_CREAT | O_TRUNC));
        return write_all(descriptor.get(), std::as_bytes(std::span(text)), beside);
    }();
    if (written) {
        written = rename_durably(beside, path);
    }
    if (!written) {
        std::error_code ignored;
        fs::remove(beside, ignored);
    }
    return written;
}

std::int64_t free_bytes(const fs::path& path) {
    struct statvfs place {};
    if (statvfs(path.c_str(), &place) != 0) {
        return -1;
    }
    return static_cast<std::int64_t>(place.f_bavail) * static_cast<std::int64_t>(place.f_frsize);
}

Result<FileLock> FileLock::wait_for(const fs::path& path) {
    return lock_with(path, LOCK_EX, [](Descriptor descriptor) { return FileLock(std::move(descriptor)); });
}

Result<FileLock> FileLock::take(const fs::path& path) {
    return lock_with(path, LOCK_EX | LOCK_NB, [](Descriptor descriptor) { return FileLock(std::move(descriptor)); });
}

Result<ScratchFolder> ScratchFolder::make(const fs::path& parent) {
    if (auto made = make_folder(parent); !made) {
        return made.error();
    }
    std::string name = (parent / "scratch-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) {
        return file_error(errno, "making a folder", parent);
    }
    return ScratchFolder(name);
}

ScratchFolder::~ScratchFolder() {
    if (!path_.empty()) {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
}

}  // namespace tandem::library
