#include "tests/app/cli/program_run.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>

namespace tandem::test {

Program::Program() {
    environment = {{"TANDEM_HOME", folder_ / "home"},
                   {"TANDEM_DB", database()},
                   {"TANDEM_WORKER", TANDEM_BINARY_DIR "/tests/null_worker"},
                   {"HOME", folder_.path()}};
}

Said Program::run(const std::vector<std::string>& arguments) {
    start(arguments);
    return end();
}

void Program::start(const std::vector<std::string>& arguments) {
    const std::string program = TANDEM_BINARY_DIR "/bin/tandem";
    std::vector<std::string> words{program};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> pointers;
    for (std::string& word : words) {
        pointers.push_back(word.data());
    }
    pointers.push_back(nullptr);
    const std::string out = folder_ / "stdout", err = folder_ / "stderr";
    process_ = fork();
    if (process_ == 0) {
        for (const auto& [name, value] : environment) {
            setenv(name.c_str(), value.c_str(), 1);
        }
        if (file_limit > 0) {
            ::signal(SIGXFSZ, SIG_IGN);
            const rlimit limit{static_cast<rlim_t>(file_limit), static_cast<rlim_t>(file_limit)};
            setrlimit(RLIMIT_FSIZE, &limit);
        }
        dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
        dup2(open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644), STDOUT_FILENO);
        dup2(open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644), STDERR_FILENO);
        execv(program.c_str(), pointers.data());
        _exit(127);
    }
}

void Program::signal(int number) const {
    kill(process_, number);
}

bool Program::wait_for_lines(const std::filesystem::path& file, int lines) const {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (std::chrono::steady_clock::now() < deadline) {
        const std::string text = read_file(file);
        if (std::count(text.begin(), text.end(), '\n') >= lines) {
            return true;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
}

Said Program::end() {
    int status = 0;
    waitpid(process_, &status, 0);
    return {.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
            .out = read_file(folder_ / "stdout"),
            .err = read_file(folder_ / "stderr")};
}

}  // namespace tandem::test
