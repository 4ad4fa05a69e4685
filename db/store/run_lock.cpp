#include "db/store/run_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

namespace tandem::db {
namespace {

std::filesystem::path lock_path(const std::filesystem::path& database) {
    return database.string() + ".lock";
}

int lock(int descriptor, int operation) {
    int result = 0;
    do {
        result = flock(descriptor, operation | LOCK_NB);
    } while (result != 0 && errno == EINTR);
    return result;
}

std::string owner(int descriptor) {
    std::array<char, 32> text{};
    const ssize_t size = pread(descriptor, text.data(), text.size() - 1, 0);
    const std::string pid(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
    return pid.empty() ? "another process" : "process " + pid.substr(0, pid.find('\n'));
}

}  // namespace

Result<RunLock> RunLock::acquire(const std::filesystem::path& database) {
    const std::filesystem::path path = lock_path(database);
    const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    const auto refuse = [&](int system_error) {
        const bool refused = system_error == EACCES || system_error == EROFS || system_error == EPERM;
        return Error{.code = refused ? "DB_READ_ONLY" : "DB_IO",
                     .message = "cannot lock the database for running (" + std::string(std::strerror(system_error)) +
                                "); nothing was changed; choose another place with --db",
                     .where = path.string(),
                     .kind = ErrorKind::io};
    };
    if (descriptor < 0) {
        return refuse(errno);
    }
    RunLock held(descriptor);
    if (lock(descriptor, LOCK_EX) != 0) {
        if (errno != EWOULDBLOCK) {
            return refuse(errno);
        }
        return Error{.code = "DB_LOCKED",
                     .message = owner(descriptor) +
                                " is running trials into this database; nothing was changed; wait "
                                "for it to end, or use another file with --db",
                     .where = database.string(),
                     .kind = ErrorKind::io};
    }
    const std::string pid = std::to_string(getpid()) + "\n";
    // The number is a courtesy to whoever is refused; the lock holds without it.
    if (ftruncate(descriptor, 0) == 0) {
        const ssize_t written = pwrite(descriptor, pid.data(), pid.size(), 0);
        (void)written;
    }
    return held;
}

bool RunLock::held(const std::filesystem::path& database) {
    const int descriptor = open(lock_path(database).c_str(), O_RDWR | O_CLOEXEC);
    if (descriptor < 0) {
        return false;
    }
    const RunLock closing(descriptor);
    return lock(descriptor, LOCK_EX) != 0;
}

RunLock& RunLock::operator=(RunLock&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
}

RunLock::~RunLock() {
    if (descriptor_ >= 0) {
        close(descriptor_);
    }
}

}  // namespace tandem::db
