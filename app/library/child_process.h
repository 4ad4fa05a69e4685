// Runs a program to its end, watched: what it prints is kept, and a stop request ends it and all that it started.
// Errors: PROCESS_START, CANCELLED. Thread rule: blocks its caller.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/api/result.h"

namespace tandem::library {

struct ChildProcess {
    std::vector<std::string> arguments;    // the program, found on PATH, and its arguments
    std::vector<std::string> environment;  // NAME=value, on top of ours
};

struct ChildEnd {
    int exit_code = 0;   // 128 + signal where a signal ended it
    std::string output;  // the last 64 KiB of stdout and stderr together
};

// `tick` is called about ten times a second while the program runs.
Result<ChildEnd> run_child(const ChildProcess& child, const std::function<void()>& tick, std::stop_token stop);

}  // namespace tandem::library
