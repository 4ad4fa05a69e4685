// Full and read-only disks for tests: mounts that only a child process sees. Thread rule: before other threads start.
#pragma once

#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <exception>

namespace tandem::db_test {

inline constexpr int no_namespace = 77;
inline constexpr int thrown = 78;

// Runs `work` in a child that may mount; returns its exit code, no_namespace where the system does not allow that.
template <class Work>
int with_own_mounts(const Work& work) {
    const pid_t child = fork();
    if (child == 0) {
        if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
            _exit(no_namespace);
        }
        // Nothing may escape: the child would go on with the test program's other tests.
        int code = thrown;
        try {
            code = work();
        } catch (const std::exception& error) {
            std::fprintf(stderr, "%s\n", error.what());
        }
        _exit(code);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

}  // namespace tandem::db_test
