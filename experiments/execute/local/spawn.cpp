#include "experiments/execute/local/spawn.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "experiments/execute/local/worker_environment.h"

namespace tandem {
namespace {

constexpr int worker_socket = 3;
constexpr int above_standard = 10;  // ours are moved up here, out of the way of the child's 0 to 3

Error start_failure(const std::string& what, int code, const std::filesystem::path& program) {
    return Error{.code = "WORKER_START_FAILED",
                 .message = what + " (" + std::generic_category().message(code) + "); the trial was not run",
                 .where = program.string(),
                 .kind = ErrorKind::failed};
}

Descriptor moved_up(Descriptor descriptor) {
    return Descriptor(fcntl(descriptor.get(), F_DUPFD_CLOEXEC, above_standard));
}

class FileActions {
public:
    FileActions() { posix_spawn_file_actions_init(&actions_); }
    ~FileActions() { posix_spawn_file_actions_destroy(&actions_); }
    FileActions(const FileActions&) = delete;
    FileActions& operator=(const FileActions&) = delete;
    posix_spawn_file_actions_t* get() { return &actions_; }

private:
    posix_spawn_file_actions_t actions_;
};

class Attributes {
public:
    Attributes() {
        posix_spawnattr_init(&attributes_);
        sigset_t none;
        sigemptyset(&none);
        sigset_t all;
        sigfillset(&all);
        posix_spawnattr_setsigmask(&attributes_, &none);
        posix_spawnattr_setsigdefault(&attributes_, &all);
        posix_spawnattr_setpgroup(&attributes_, 0);
        posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    }
    ~Attributes() { posix_spawnattr_destroy(&attributes_); }
    Attributes(const Attributes&) = delete;
    Attributes& operator=(const Attributes&) = delete;
    const posix_spawnattr_t* get() const { return &attributes_; }

private:
    posix_spawnattr_t attributes_;
};

}  // namespace

Descriptor::Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
    if (this != &other) {
        reset();
        value_ = std::exchange(other.value_, -1);
    }
    return *this;
}

void Descriptor::reset() {
    if (value_ >= 0) {
        close(std::exchange(value_, -1));
    }
}

Result<Child> spawn_worker(const std::filesystem::path& program, const Descriptor& log) {
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
        return start_failure("cannot make a socket pair", errno, program);
    }
    Descriptor ours(ends[0]);
    Descriptor theirs = moved_up(Descriptor(ends[1]));
    if (!theirs || fcntl(ours.get(), F_SETFL, O_NONBLOCK) != 0) {
        return start_failure("cannot set the socket up", errno, program);
    }
    FileActions actions;
    posix_spawn_file_actions_addopen(actions.get(), STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(actions.get(), log.get(), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(actions.get(), log.get(), STDERR_FILENO);
    posix_spawn_file_actions_adddup2(actions.get(), theirs.get(), worker_socket);
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 34)
    posix_spawn_file_actions_addclosefrom_np(actions.get(), worker_socket + 1);
#endif
    const Attributes attributes;
    std::string path = program.string();
    std::string flag = "--fd";
    std::string number = std::to_string(worker_socket);
    std::array<char*, 4> arguments{path.data(), flag.data(), number.data(), nullptr};
    std::vector<std::string> variables = worker_environment(own_environment());
    std::vector<char*> environment;
    for (std::string& variable : variables) {
        environment.push_back(variable.data());
    }
    environment.push_back(nullptr);
    Child child;
    const int failed = posix_spawn(&child.process, path.c_str(), actions.get(), attributes.get(), arguments.data(),
                                   environment.data());
    if (failed != 0) {
        return start_failure("the worker program cannot be started", failed, program);
    }
    child.socket = std::move(ours);
    return child;
}

Result<Descriptor> create_log(const std::filesystem::path& path) {
    Descriptor log(open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600));
    if (log) {
        log = moved_up(std::move(log));
    }
    if (!log) {
        return Error{.code = "EXECUTE_IO",
                     .message = "cannot create a worker's log (" + std::generic_category().message(errno) +
                                "); make the folder writable or free some space",
                     .where = path.string(),
                     .kind = ErrorKind::io};
    }
    return log;
}

}  // namespace tandem
