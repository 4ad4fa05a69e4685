// kill -9 at random moments of a run: the batch in two of three cases, its worker in the third; then the run goes on
// where it stopped. The oracle is the journal that the batch program prints, which the product does not read.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <fstream>
#include <random>
#include <set>
#include <sstream>
#include <thread>

#include "tests/db/store_fixture.h"

namespace tandem::db_test {
namespace {

constexpr int observations_of_a_trial = 40;  // as batch_program.cpp

using Clock = std::chrono::steady_clock;

struct Journal {
    Acknowledged durable;
    std::set<std::string> running;
    int started = 0;
};

// A running batch program and what it printed so far.
class Batch {
public:
    Batch(const TemporaryFolder& folder, int trials, int limit, bool early_marks) {
        std::array<int, 2> ends{};
        if (pipe2(ends.data(), O_CLOEXEC) != 0) {
            std::abort();
        }
        const std::string database = folder / "results.db";
        const std::string scratch = folder / "scratch";
        const std::string many = std::to_string(trials);
        const std::string most = std::to_string(limit);
        process_ = fork();
        if (process_ == 0) {
            dup2(ends[1], STDOUT_FILENO);
            if (early_marks) {
                setenv("TANDEM_TEST_EARLY_MARKS", "1", 1);
            }
            execl(TANDEM_BINARY_DIR "/tests/batch_program", "batch_program", database.c_str(),
                  TANDEM_BINARY_DIR "/tests/null_worker", scratch.c_str(), many.c_str(), most.c_str(), nullptr);
            _exit(126);
        }
        close(ends[1]);
        output_ = ends[0];
        fcntl(output_, F_SETFL, O_NONBLOCK);
    }
    ~Batch() {
        close(output_);
        if (process_ > 0) {
            kill(process_, SIGKILL);
            waitpid(process_, nullptr, 0);
        }
    }
    Batch(const Batch&) = delete;
    Batch& operator=(const Batch&) = delete;

    // True once the first trial has started.
    bool wait_started(Journal& journal) {
        const auto deadline = Clock::now() + std::chrono::seconds(20);
        while (journal.started == 0 && Clock::now() < deadline) {
            read_into(journal);
            std::this_thread::sleep_for(std::chrono::microseconds(200));
        }
        return journal.started > 0;
    }

    void kill_batch() { kill(process_, SIGKILL); }

    bool kill_worker() {
        std::ifstream children("/proc/" + std::to_string(process_) + "/task/" + std::to_string(process_) + "/children");
        pid_t worker = 0;
        return children >> worker && worker > 0 && kill(worker, SIGKILL) == 0;
    }

    // The exit code, or -1 where a signal ended it; the journal is then complete.
    int wait_end(Journal& journal) {
        int status = 0;
        while (waitpid(process_, &status, WNOHANG) == 0) {
            read_into(journal);
            std::this_thread::sleep_for(std::chrono::microseconds(500));
        }
        process_ = -1;
        read_into(journal);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }

    void read_into(Journal& journal) {
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

private:
    static void take_line(const std::string& line, Journal& journal) {
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

    pid_t process_ = -1;
    int output_ = -1;
    std::string text_;
};

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

TEST(KillRun, two_hundred_kills_lose_and_repeat_nothing_and_the_run_is_finished_at_last) {
    constexpr int kills = 200;
    constexpr int trials = 400;
    constexpr int limit = 4;
    TemporaryFolder folder;
    const auto path = folder / "results.db";
    std::mt19937 random(20261125);
    std::uniform_int_distribution<int> microseconds(0, 60'000);
    Acknowledged durable;
    int landed = 0;
    int workers = 0;
    for (int number = 0; number < kills; ++number) {
        Journal journal;
        Batch batch(folder, trials, limit, false);
        ASSERT_TRUE(batch.wait_started(journal)) << "kill " << number;
        std::this_thread::sleep_for(std::chrono::microseconds(microseconds(random)));
        const bool worker = number % 3 == 2;
        const bool hit = worker ? batch.kill_worker() : (batch.kill_batch(), true);
        batch.read_into(journal);
        landed += hit && !journal.running.empty() ? 1 : 0;
        workers += worker && hit ? 1 : 0;
        const int code = batch.wait_end(journal);
        ASSERT_TRUE(worker ? code == 0 || code == 3 : code == -1 || code == 0) << "kill " << number << ": " << code;
        for (const auto& [key, sequence] : journal.durable) {
            ASSERT_FALSE(durable.contains(key)) << "an attempt's number was given twice";
            durable[key] = sequence;
        }
        ASSERT_EQ(find_loss(path, journal.durable), "") << "kill " << number;
    }
    Journal journal;
    Batch last(folder, trials, trials, false);
    EXPECT_EQ(last.wait_end(journal), 0);
    EXPECT_EQ(find_loss(path, durable), "");
    EXPECT_EQ(find_loss(path, journal.durable), "");
    EXPECT_EQ(find_fault(path), "");
    EXPECT_EQ(query_integer(path, "SELECT count(*) FROM trials WHERE done_attempt IS NOT NULL"), trials);
    EXPECT_EQ(query_integer(path, "SELECT count(*) FROM attempts WHERE state = 'running'"), 0);
    std::uint64_t acknowledged = 0;
    for (const auto& [key, sequence] : durable) {
        acknowledged += sequence;
    }
    std::printf("%d kills, %d of them of workers, %d while a trial ran; %zu attempts and %llu durable events checked\n",
                kills, workers, landed, durable.size(), static_cast<unsigned long long>(acknowledged));
    EXPECT_GT(landed, kills / 5);
}

TEST(KillRun, a_batch_that_calls_events_durable_too_early_is_caught) {
    constexpr int kills = 20;
    TemporaryFolder folder;
    std::mt19937 random(3);
    std::uniform_int_distribution<int> microseconds(0, 40'000);
    bool caught = false;
    for (int number = 0; number < kills && !caught; ++number) {
        Journal journal;
        Batch batch(folder, kills * 4, 4, true);
        ASSERT_TRUE(batch.wait_started(journal));
        std::this_thread::sleep_for(std::chrono::microseconds(microseconds(random)));
        batch.kill_batch();
        batch.wait_end(journal);
        caught = !find_loss(folder / "results.db", journal.durable).empty();
    }
    EXPECT_TRUE(caught);
}

TEST(KillRun, killing_the_batch_leaves_no_worker_behind) {
    TemporaryFolder folder;
    Journal journal;
    Batch batch(folder, 4, 4, false);
    ASSERT_TRUE(batch.wait_started(journal));
    batch.kill_batch();
    batch.wait_end(journal);
    // The worker keeps its log in the scratch folder open for as long as it lives.
    const std::string scratch = folder / "scratch";
    const auto holders = [&] {
        int found = 0;
        std::error_code ignored;
        for (const auto& process : std::filesystem::directory_iterator("/proc", ignored)) {
            const auto target = std::filesystem::read_symlink(process.path() / "fd" / "2", ignored);
            found += target.string().starts_with(scratch) ? 1 : 0;
        }
        return found;
    };
    const auto deadline = Clock::now() + std::chrono::seconds(5);
    while (holders() > 0 && Clock::now() < deadline) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    EXPECT_EQ(holders(), 0);
}

}  // namespace
}  // namespace tandem::db_test
