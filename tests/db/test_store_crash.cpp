// kill -9 at random moments. The oracle is a journal that the test's own on_durable callback writes; the product does
// not know of it. A twin that acknowledges before COMMIT must be caught by the same oracle. TANDEM_TEST_KILLS changes
// how many kills.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <random>
#include <thread>

#include "tests/db/store_fixture.h"
#include "tests/support/sanitized.h"

namespace tandem::db_test {
namespace {

enum class Acknowledge { after_commit, on_submit };

struct Shared {
    std::atomic<std::uint64_t> submitted{0};
    std::atomic<bool> ready{false};
};

// A page that parent and child both see.
class SharedPage {
public:
    SharedPage()
        : page_(mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)),
          shared_(new (page_) Shared) {}
    ~SharedPage() { munmap(page_, sizeof(Shared)); }
    SharedPage(const SharedPage&) = delete;
    SharedPage& operator=(const SharedPage&) = delete;
    Shared& operator*() { return *shared_; }

private:
    void* page_;
    Shared* shared_;
};

void append(int journal, std::uint64_t sequence) {
    const std::string line = std::to_string(sequence) + "\n";
    if (write(journal, line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
        _exit(3);
    }
}

// The child: stores tokens until it is killed.
[[noreturn]] void write_until_killed(const std::filesystem::path& path, const std::filesystem::path& journal_path,
                                     const std::string& trial, Acknowledge acknowledge, Shared& shared) {
    const int journal = open(journal_path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
    auto store = Store::open(path, StoreOptions{.batch_interval_ms = 2, .checkpoint_pages = 64});
    if (journal < 0 || !store || !(*store)->close_abandoned_attempts()) {
        _exit(4);
    }
    (*store)->on_durable([&](const std::vector<DurableMark>& marks) {
        if (acknowledge == Acknowledge::after_commit) {
            append(journal, marks.at(0).sequence);
        }
    });
    for (std::uint64_t sequence = 1;; ++sequence) {
        const auto sent = sequence == 1 ? (*store)->submit(started(trial, 1))
                                        : (*store)->submit(token(trial, 1, sequence, token_text(sequence)));
        if (!sent) {
            _exit(5);
        }
        if (acknowledge == Acknowledge::on_submit) {
            append(journal, sequence);
        }
        shared.submitted = sequence;
        shared.ready = true;
        std::this_thread::sleep_for(std::chrono::microseconds(20));
    }
}

std::uint64_t last_acknowledged(const std::filesystem::path& journal_path) {
    std::ifstream journal(journal_path);
    std::uint64_t last = 0;
    for (std::string line; std::getline(journal, line) && !journal.eof();) {
        last = std::stoull(line);
    }
    return last;
}

struct Kill {
    std::uint64_t acknowledged = 0;
    std::uint64_t submitted = 0;
    std::string fault;  // of the harness
};

Kill kill_once(const std::filesystem::path& path, const std::filesystem::path& journal, const std::string& trial,
               Acknowledge acknowledge, std::chrono::microseconds after) {
    SharedPage page;
    const pid_t child = fork();
    if (child == 0) {
        write_until_killed(path, journal, trial, acknowledge, *page);
    }
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!(*page).ready && std::chrono::steady_clock::now() < deadline && waitpid(child, nullptr, WNOHANG) == 0) {
        std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
    Kill result;
    if (!(*page).ready) {
        kill(child, SIGKILL);
        waitpid(child, nullptr, 0);
        result.fault = "the writer did not start";
        return result;
    }
    std::this_thread::sleep_for(after);
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    if (!WIFSIGNALED(status)) {
        result.fault = "the writer ended by itself with " + std::to_string(WEXITSTATUS(status));
    }
    result.acknowledged = last_acknowledged(journal);
    result.submitted = (*page).submitted;
    return result;
}

TEST(StoreCrash, kills_at_random_moments_lose_and_repeat_nothing_that_was_acknowledged) {
    const int kills = test::kills_wanted(test::sanitized ? 50 : 200);
    TemporaryFolder folder;
    const auto path = folder / "results.db";
    store_with_plan(path, kills).reset();
    std::mt19937 random(20261124);
    std::uniform_int_distribution<int> microseconds(4'000, 40'000);
    Acknowledged all;
    int in_flight = 0;
    for (int number = 0; number < kills; ++number) {
        const std::string trial = trial_id(number);
        const Kill kill = kill_once(path, folder / "journal", trial, Acknowledge::after_commit,
                                    std::chrono::microseconds(microseconds(random)));
        ASSERT_EQ(kill.fault, "") << "kill " << number;
        in_flight += kill.submitted > kill.acknowledged ? 1 : 0;
        all[{trial, 1}] = kill.acknowledged;
        // Whoever delivers at least once sends again what was not acknowledged, and some that was.
        auto store = Store::open(path);
        ASSERT_TRUE(store.ok()) << store.error().to_string();
        ASSERT_TRUE((*store)->submit(started(trial, 1)).ok());
        for (std::uint64_t sequence = std::max<std::uint64_t>(kill.acknowledged, 5) - 3;
             sequence <= kill.acknowledged + 20; ++sequence) {
            ASSERT_TRUE((*store)->submit(token(trial, 1, sequence, token_text(sequence))).ok());
        }
        ASSERT_TRUE((*store)->flush().ok());
        store->reset();
        ASSERT_EQ(find_violation(path, {{{trial, 1}, kill.acknowledged + 20}}), "") << "kill " << number;
    }
    EXPECT_EQ(find_violation(path, all), "");
    EXPECT_EQ(query_text(path, "SELECT group_concat(kind || ' as event ' || sequence) FROM conflicts"), "");
    std::uint64_t acknowledged = 0;
    for (const auto& [key, sequence] : all) {
        acknowledged += sequence;
    }
    RecordProperty("acknowledged", static_cast<int>(acknowledged));
    std::printf("%d kills, %d with events in flight, %llu events acknowledged\n", kills, in_flight,
                static_cast<unsigned long long>(acknowledged));
    EXPECT_GT(in_flight, kills / 5);
}

TEST(StoreCrash, a_twin_that_acknowledges_before_commit_is_caught) {
    constexpr int kills = 20;
    TemporaryFolder folder;
    const auto path = folder / "results.db";
    store_with_plan(path, kills).reset();
    std::mt19937 random(7);
    std::uniform_int_distribution<int> microseconds(4'000, 40'000);
    bool caught = false;
    for (int number = 0; number < kills && !caught; ++number) {
        const std::string trial = trial_id(number);
        const Kill kill = kill_once(path, folder / "journal", trial, Acknowledge::on_submit,
                                    std::chrono::microseconds(microseconds(random)));
        ASSERT_EQ(kill.fault, "");
        caught = !find_violation(path, {{{trial, 1}, kill.acknowledged}}).empty();
    }
    EXPECT_TRUE(caught);
}

TEST(StoreCrash, two_processes_writing_at_once_corrupt_nothing) {
    TemporaryFolder folder;
    const auto path = folder / "results.db";
    std::vector<pid_t> children;
    for (int number = 0; number < 2; ++number) {
        const pid_t child = fork();
        if (child == 0) {
            // Both also create the database.
            auto store = Store::open(path, StoreOptions{.batch_interval_ms = 0, .checkpoint_pages = 16});
            bool good = store.ok() && (*store)->record_plan(example_spec(), example_plan(2)).ok() &&
                        (*store)->submit(started(trial_id(number), 1)).ok();
            for (std::uint64_t sequence = 2; good && sequence <= 2000; ++sequence) {
                good = (*store)->submit(token(trial_id(number), 1, sequence, token_text(sequence))).ok();
            }
            _exit(good && (*store)->flush().ok() ? 0 : 1);
        }
        children.push_back(child);
    }
    for (const pid_t child : children) {
        int status = 0;
        waitpid(child, &status, 0);
        EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    EXPECT_EQ(find_violation(path, {{{trial_id(0), 1}, 2000}, {{trial_id(1), 1}, 2000}}), "");
}

}  // namespace
}  // namespace tandem::db_test
