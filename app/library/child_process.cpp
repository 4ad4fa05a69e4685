#include "app/library/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>

#include "app/library/files.h"

namespace tandem::library {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kept_bytes = 64 << 10;
constexpr int tick_ms = 100;

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> out;
    for (std::string& text : texts) {
        out.push_back(text.data());
    }
    out.push_back(nullptr);
    return out;
}

// Ours, with the additions in place of variables of the same name.
std::vector<std::string> environment_with(const std::vector<std::string>& additions) {
    std::vector<std::string> variables = additions;
    for (char** variable = environ; *variable != nullptr; ++variable) {
        const std::string text = *variable;
        const std::string name = text.substr(0, text.find('=') + 1);
        bool replaced = false;
        for (const std::string& addition : additions) {
            replaced = replaced || addition.starts_with(name);
        }
        if (!replaced) {
            variables.push_back(text);
        }
    }
    return variables;
}

Result<pid_t> start(const ChildProcess& child, int output) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
    // A group of its own: Ctrl-C at the terminal reaches us alone, and we end the whole group.
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setpgroup(&attributes, 0);
    std::vector<std::string> arguments = child.arguments;
    std::vector<std::string> variables = environment_with(child.environment);
    pid_t pid = -1;
    const int failed = posix_spawnp(&pid, arguments.front().c_str(), &actions, &attributes, pointers(arguments).data(),
                                    pointers(variables).data());
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (failed != 0) {
        return Error{.code = "PROCESS_START",
                     .message = "the program could not be started (" + std::string(std::strerror(failed)) + ")",
                     .where = child.arguments.front(),
                     .kind = ErrorKind::io};
    }
    return pid;
}

void keep_output(int descriptor, std::string& output) {
    std::array<char, 4096> buffer{};
    const ssize_t got = read(descriptor, buffer.data(), buffer.size());
    if (got > 0) {
        output.append(buffer.data(), static_cast<std::size_t>(got));
        if (output.size() > kept_bytes) {
            output.erase(0, output.size() - kept_bytes);
        }
    }
}

int wait_for(pid_t pid) {
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    constexpr int signal_base = 128;
    return WIFEXITED(status) ? WEXITSTATUS(status) : signal_base + WTERMSIG(status);
}

}  // namespace

Result<ChildEnd> run_child(const ChildProcess& child, const std::function<void()>& tick, std::stop_token stop) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) {
        return file_error(errno, "making a pipe", child.arguments.front());
    }
    const Descriptor reading(ends[0]);
    Descriptor writing(ends[1]);
    auto started = start(child, writing.get());
    writing = Descriptor();
    if (!started) {
        return started.error();
    }
    const pid_t pid = *started;
    ChildEnd end;
    bool asked = false;
    Clock::time_point asked_at;
    constexpr auto grace = std::chrono::seconds(3);
    while (true) {
        pollfd watched{.fd = reading.get(), .events = POLLIN, .revents = 0};
        const int ready = poll(&watched, 1, tick_ms);
        if (ready > 0 && (watched.revents & POLLIN) != 0) {
            keep_output(reading.get(), end.output);
        } else if (ready > 0) {
            break;  // every writer has closed its end
        }
        if (tick) {
            tick();
        }
        if (stop.stop_requested()) {
            if (!asked) {
                asked = true;
                asked_at = Clock::now();
                kill(-pid, SIGTERM);
            } else if (Clock::now() - asked_at > grace) {
                kill(-pid, SIGKILL);
            }
        }
    }
    end.exit_code = wait_for(pid);
    if (asked) {
        return Error{.code = "CANCELLED",
                     .message = "stopped; nothing was changed",
                     .where = child.arguments.front(),
                     .kind = ErrorKind::cancelled};
    }
    return end;
}

}  // namespace tandem::library
