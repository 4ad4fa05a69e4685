// The three commands that read results, as a program of their own: what the tests of their output run.
#include <iostream>
#include <nlohmann/json.hpp>

#include "app/cli/command.h"

namespace tandem::cli {

int fail(const Error& error, bool json) {
    std::cerr << "error: " << error.to_string() << '\n';
    if (json) {
        std::cout << nlohmann::json{{"error", {{"code", error.code}, {"message", error.message}}}}.dump() << '\n';
    }
    return exit_bad_input;
}

}  // namespace tandem::cli

int main(int argc, char** argv) {
    CLI::App program("results, compare, report");
    tandem::cli::CommandLine line;
    tandem::cli::declare_results(program, line);
    tandem::cli::declare_compare(program, line);
    tandem::cli::declare_report(program, line);
    program.require_subcommand(1);
    try {
        program.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return program.exit(error) == 0 ? tandem::cli::exit_done : tandem::cli::exit_bad_input;
    }
    return line.action();
}
