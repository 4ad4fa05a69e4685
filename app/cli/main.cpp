// tandem: the command line.
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>

#include "app/cli/program.h"

namespace {

using namespace tandem;
using namespace tandem::cli;

int usage_error(const CLI::App& program, const CLI::ParseError& problem) {
    const std::string message = explain_unknown(program).value_or(explain_missing(program, problem));
    const bool json = [&] {
        for (const CLI::App* at = &program; !at->get_subcommands().empty();) {
            at = at->get_subcommands().back();
            const CLI::Option* option = at->get_option_no_throw("--json");
            if (option != nullptr && option->count() > 0) {
                return true;
            }
        }
        return false;
    }();
    const int code =
        fail({.code = "USAGE",
              .message = message + "; `" + chosen_path(program) + " --help` shows what there is; nothing was changed",
              .kind = ErrorKind::bad_input},
             json);
    return code;
}

int run_program(int argc, char** argv) {
    CommandLine line;
    const auto program = make_program(line);
    if (argc < 2) {
        std::fputs(program->help().c_str(), stderr);
        return exit_bad_input;
    }
    try {
        auto words = words_of(*program, argc, argv);
        std::reverse(words.begin(), words.end());  // as CLI11 takes them
        program->parse(std::move(words));
    } catch (const CLI::CallForHelp& help) {
        return program->exit(help);
    } catch (const CLI::CallForAllHelp& help) {
        return program->exit(help);
    } catch (const CLI::CallForVersion& version) {
        return program->exit(version);
    } catch (const CLI::ParseError& problem) {
        return usage_error(*program, problem);
    }
    return line.action ? line.action() : exit_bad_input;
}

}  // namespace

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);  // a closed pipe ends commands in order: workers stopped, files whole
    try {
        return run_program(argc, argv);
    } catch (const std::exception& problem) {
        return fail({.code = "INTERNAL",
                     .message = std::string("a promise of Tandem's own was broken (") + problem.what() +
                                "); what is stored is whole; please report this",
                     .kind = ErrorKind::internal});
    }
}
