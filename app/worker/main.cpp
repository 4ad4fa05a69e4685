// tandem-worker: runs trials for the program that started it, over the socket it inherited.
#include <charconv>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string_view>

#include "app/worker/worker_shell.h"
#include "engine/run_build.h"
#include "engine/run_job.h"

namespace {

constexpr const char* usage =
    "usage: tandem-worker --fd N | --version\n"
    "Runs trials for tandem, tandem-studio or tandem-agent, which start it with a socket as descriptor N.\n";

std::optional<int> parse_descriptor(std::string_view text) {
    int number = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
    return fault == std::errc() && end == text.data() + text.size() && number >= 0 ? std::optional(number)
                                                                                   : std::nullopt;
}

}  // namespace

int main(int argc, char** argv) {
    tandem::die_with_parent();
    tandem::WorkerOptions options;
    options.hello = tandem::describe_worker();
    options.hello.libtorch = tandem::libtorch_version();
    options.hello.instruction_sets = tandem::instruction_sets();
    const std::string_view argument = argc > 1 ? argv[1] : "";
    if (argc == 2 && argument == "--version") {
        std::printf("tandem-worker %s, libtorch %s\n", options.hello.version.c_str(), options.hello.libtorch.c_str());
        return 0;
    }
    if (argc == 2 && argument == "--help") {
        std::fputs(usage, stdout);
        return 0;
    }
    const auto descriptor = argc == 3 && argument == "--fd" ? parse_descriptor(argv[2]) : std::nullopt;
    if (!descriptor) {
        std::fputs(usage, stderr);
        return tandem::worker_misused;
    }
    options.socket = *descriptor;
    return tandem::run_worker(options, tandem::run_job);
}
