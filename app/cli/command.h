// What a command of `tandem` is: a file that declares itself to the parser and sets the action to take. One function a
// command, listed in main.cpp. Thread rule: main thread.
#pragma once

#include <CLI/CLI.hpp>

#include <functional>

#include "engine/api/error.h"

namespace tandem::cli {

// Exit codes of the design: scripts rely on them.
enum ExitCode : int {
    exit_done = 0,
    exit_bad_input = 2,
    exit_trials_failed = 3,
    exit_interrupted = 130,
    exit_output_closed = 141
};

struct CommandLine {
    std::function<int()> action;  // set by the chosen command while parsing; returns the exit code
};

// Prints "error: CODE: message, at where" to stderr (and, with --json, one JSON document {"error": ...} to stdout) and
// returns the exit code that its kind means.
int fail(const Error& error, bool json = false);

void declare_run(CLI::App& program, CommandLine& line);
void declare_plan(CLI::App& program, CommandLine& line);
void declare_results(CLI::App& program, CommandLine& line);
void declare_compare(CLI::App& program, CommandLine& line);
void declare_report(CLI::App& program, CommandLine& line);
void declare_export(CLI::App& program, CommandLine& line);
void declare_bench(CLI::App& program, CommandLine& line);
void declare_generate(CLI::App& program, CommandLine& line);
void declare_model(CLI::App& program, CommandLine& line);
void declare_score(CLI::App& program, CommandLine& line);
void declare_device(CLI::App& program, CommandLine& line);
void declare_doctor(CLI::App& program, CommandLine& line);

}  // namespace tandem::cli
