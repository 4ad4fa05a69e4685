// Starts a program with one end of a socket pair as its descriptor 3 and a file as its stdout and stderr. The child
// gets no other descriptor, default signal handling and a process group of its own, so that Ctrl-C reaches only the
// controller, which cancels in order. Thread rule: any thread; the child dies with the thread that started it where it
// asks for that (die_with_parent). Errors: WORKER_START_FAILED.
#pragma once

#include <sys/types.h>

#include <filesystem>

#include "engine/api/result.h"

namespace tandem {

// A descriptor that closes itself.
class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int value) : value_(value) {}
    Descriptor(Descriptor&& other) noexcept;
    Descriptor& operator=(Descriptor&& other) noexcept;
    ~Descriptor() { reset(); }
    int get() const { return value_; }
    explicit operator bool() const { return value_ >= 0; }
    void reset();

private:
    int value_ = -1;
};

struct Child {
    pid_t process = -1;
    Descriptor socket;  // our end; non-blocking, closed on exec
};

Result<Child> spawn_worker(const std::filesystem::path& program, const Descriptor& log);

// A new, empty file for appending, readable by its owner only. Errors: EXECUTE_IO.
Result<Descriptor> create_log(const std::filesystem::path& path);

}  // namespace tandem
