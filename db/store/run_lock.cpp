#include "db/store/run_lock.h"

#include <fcntl.h>
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

// An open file description's lock: ends with the process, is not shared by its other descriptors, and can be asked for
// without being taken for a moment, which would refuse whoever acquires it just then.
int whole_file(int descriptor, int command, struct flock& wanted) {
    wanted = {};
    wanted.l_type = F_WRLCK;
    wanted.l_whence = SEEK_SET;
    int result = 0;
    do {
        result = fcntl(descriptor, command, &wanted);
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
    struct flock wanted {};
    if (whole_file(descriptor, F_OFD_SETLK, wanted) != 0) {
        if (errno != EAGAIN && errno != EACCES) {
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
    const int descriptor = open(lock_path(database).c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        return false;
    }
    const RunLock closing(descriptor);
    struct flock found {};
    return whole_file(descriptor, F_OFD_GETLK, found) == 0 && found.l_type != F_UNLCK;
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
