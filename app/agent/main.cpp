// tandem-agent: what a device says of itself, and one worker session over stdin and stdout.
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "app/agent/relay.h"
#include "app/agent/status.h"
#include "engine/api/error.h"
#include "experiments/execute/machine.h"

namespace {

using namespace tandem;  // NOLINT: a program's main file

constexpr int exit_bad_input = 2;

constexpr const char* usage =
    "usage: tandem-agent status [--json]    what this device is, can do and has free\n"
    "       tandem-agent serve --stdio      run one worker session over stdin and stdout, as in\n"
    "                                       ssh DEVICE tandem-agent serve --stdio\n"
    "       tandem-agent --version | --help\n"
    "       --worker PATH                   with status and serve: another worker than the one beside this program\n";

int fail(const Error& error) {
    std::fprintf(stderr, "error: %s\n", error.to_string().c_str());
    return exit_bad_input;
}

int unsupported(const char* what) {
    return fail({.code = "UNSUPPORTED",
                 .message = std::string(what) +
                            " is not in this version; a device is reached through ssh: `ssh DEVICE tandem-agent serve "
                            "--stdio` runs a worker session over its stdin and stdout. Nothing was changed",
                 .kind = ErrorKind::unsupported});
}

std::filesystem::path worker_beside_this_program() {
    std::error_code failed;
    const auto self = std::filesystem::read_symlink("/proc/self/exe", failed);
    return failed ? std::filesystem::path("tandem-worker") : self.parent_path() / "tandem-worker";
}

struct Arguments {
    std::string command;
    bool json = false;
    bool stdio = false;
    std::filesystem::path worker = worker_beside_this_program();
    std::string unknown;
};

Arguments parse(const std::vector<std::string_view>& words) {
    Arguments arguments;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (words[i] == "--json") {
            arguments.json = true;
        } else if (words[i] == "--stdio") {
            arguments.stdio = true;
        } else if (words[i] == "--worker" && i + 1 < words.size()) {
            arguments.worker = words[++i];
        } else if (arguments.command.empty()) {
            arguments.command = words[i];
        } else if (arguments.command != "pair") {
            arguments.unknown = words[i];
        }
    }
    return arguments;
}

int serve(const Arguments& arguments) {
    if (access(arguments.worker.c_str(), X_OK) != 0) {
        return fail({.code = "WORKER_PROGRAM_MISSING",
                     .message = "there is no worker program to run trials with; it is installed beside tandem-agent",
                     .where = arguments.worker.string(),
                     .kind = ErrorKind::unsupported});
    }
    auto ended = agent::relay_worker(arguments.worker, STDIN_FILENO, STDOUT_FILENO);
    return ended ? *ended : fail(ended.error());
}

}  // namespace

int main(int argc, char** argv) {
    const Arguments arguments = parse({argv + 1, argv + argc});
    if (arguments.command == "--help" || arguments.command == "help") {
        std::fputs(usage, stdout);
        return 0;
    }
    if (arguments.command == "--version") {
        std::printf("tandem-agent %s\n", build_description().c_str());
        return 0;
    }
    if (!arguments.unknown.empty()) {
        std::fprintf(stderr, "error: %s is not understood\n", arguments.unknown.c_str());
    } else if (arguments.command == "status" && !arguments.stdio) {
        const std::string text =
            arguments.json ? agent::status_json(arguments.worker) + "\n" : agent::status_text(arguments.worker);
        std::fputs(text.c_str(), stdout);
        return 0;
    } else if (arguments.command == "serve" && !arguments.json) {
        return arguments.stdio ? serve(arguments) : unsupported("listening on the network");
    } else if (arguments.command == "pair") {
        return unsupported("pairing with a controller");
    }
    std::fputs(usage, stderr);
    return exit_bad_input;
}
