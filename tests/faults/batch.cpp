#include "tests/faults/batch.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <fstream>
#include <sstream>
#include <thread>

namespace tandem::db_test {
namespace {

constexpr int observations_of_a_trial = 40;  // as batch_program.cpp

using Clock = std::chrono::steady_clock;

}  // namespace

Batch::Batch(const BatchOptions& options) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) {
        std::abort();
    }
    const std::string many = std::to_string(options.trials);
    const std::string most = std::to_string(options.limit);
    process_ = fork();
    if (process_ == 0) {
        dup2(ends[1], STDOUT_FILENO);
        if (!options.errors.empty()) {
            dup2(open(options.errors.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), STDERR_FILENO);
        }
        if (options.early_marks) {
            setenv("TANDEM_TEST_EARLY_MARKS", "1", 1);
        }
        execl(TANDEM_BINARY_DIR "/tests/batch_program", "batch_program", options.database.c_str(),
              TANDEM_BINARY_DIR "/tests/null_worker", options.scratch.c_str(), many.c_str(), most.c_str(), nullptr);
        _exit(126);
    }
    close(ends[1]);
    output_ = ends[0];
    fcntl(output_, F_SETFL, O_NONBLOCK);
}

Batch::~Batch() {
    close(output_);
    if (process_ > 0) {
        kill(process_, SIGKILL);
        waitpid(process_, nullptr, 0);
    }
}

bool Batch::wait_started(Journal& journal) {
    const auto deadline = Clock::now() + std::chrono::seconds(20);
    while (journal.started == 0 && Clock::now() < deadline) {
        read_into(journal);
        std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
    return journal.started > 0;
}

void Batch::kill_batch() {
    kill(process_, SIGKILL);
}

bool Batch::kill_worker() {
    std::ifstream children("/proc/" + std::to_string(process_) + "/task/" + std::to_string(process_) + "/children");
    pid_t worker = 0;
    return children >> worker && worker > 0 && kill(worker, SIGKILL) == 0;
}

int Batch::wait_end(Journal& journal) {
    int status = 0;
    while (waitpid(process_, &status, WNOHANG) == 0) {
        read_into(journal);
        std::this_thread::sleep_for(std::chrono::microseconds(500));
    }
    process_ = -1;
    read_into(journal);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void Batch::read_into(Journal& journal) {
    std::array<char, 65536> buffer;
    for (ssize_t count = 0; (count = read(output_, buffer.data(), buffer.size())) > 0;) {
        text_.append(buffer.data(), static_cast<std::size_t>(count));
    }
    std::size_t line_end = 0;
    while ((line_end = text_.find('\n')) != std::string::npos) {
        take_line(text_.substr(0, line_end), journal);
        text_.erase(0, line_end + 1);
    }
}

void Batch::take_line(const std::string& line, Journal& journal) {
    std::istringstream words(line);
    std::string what;
    std::string trial;
    std::int64_t attempt = 0;
    std::uint64_t sequence = 0;
    words >> what >> trial >> attempt >> sequence;
    if (what == "durable") {
        std::uint64_t& known = journal.durable[{trial, attempt}];
        known = std::max(known, sequence);
    } else if (what == "started") {
        ++journal.started;
        journal.running.insert(trial);
    } else if (what == "finished") {
        journal.running.erase(trial);
    }
}

// Empty where everything that was called durable is there, once.
std::string find_loss(const std::filesystem::path& path, const Acknowledged& durable) {
    for (const auto& [key, sequence] : durable) {
        const std::string attempt = " WHERE sequence <= " + std::to_string(sequence) +
                                    " AND attempt_id = (SELECT id FROM attempts WHERE trial_id = '" + key.first +
                                    "' AND attempt = " + std::to_string(key.second) + ")";
        const std::string stored = query_text(path, "SELECT (SELECT count(*) FROM observations" + attempt +
                                                        ") + (SELECT count(*) FROM events" + attempt + ")");
        if (stored != std::to_string(sequence)) {
            return key.first.substr(0, 8) + " attempt " + std::to_string(key.second) + ": durable up to " +
                   std::to_string(sequence) + ", stored " + stored;
        }
    }
    return {};
}

std::string find_fault(const std::filesystem::path& path) {
    if (const std::string check = query_text(path, "PRAGMA integrity_check"); check != "ok") {
        return check;
    }
    if (query_integer(path, "SELECT count(*) FROM conflicts") != 0) {
        return "two different events came under one number";
    }
    const std::string expected = std::to_string(observations_of_a_trial);
    const std::string wrong = query_text(
        path,
        "SELECT a.trial_id || ' has ' || count(o.idx) FROM attempts a LEFT JOIN observations o ON o.attempt_id = "
        "a.id WHERE a.state = 'done' GROUP BY a.id HAVING count(o.idx) <> " +
            expected + " OR count(DISTINCT o.idx) <> " + expected + " LIMIT 1");
    return wrong.empty() ? "" : "an attempt that is done: " + wrong;
}

}  // namespace tandem::db_test
