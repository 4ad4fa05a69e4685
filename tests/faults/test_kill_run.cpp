// kill -9 at random moments of a run: the batch in two of three cases, its worker in the third; then the run goes on
// where it stopped. TANDEM_TEST_KILLS changes how many.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <random>
#include <thread>

#include "tests/faults/batch.h"
#include "tests/support/sanitized.h"

namespace tandem::db_test {
namespace {

using Clock = std::chrono::steady_clock;

BatchOptions in(const TemporaryFolder& folder, int trials, int limit) {
    return {.database = folder / "results.db",
            .scratch = folder / "scratch",
            .errors = {},
            .trials = trials,
            .limit = limit};
}

TEST(KillRun, kills_at_random_moments_lose_and_repeat_nothing_and_the_run_is_finished_at_last) {
    const int kills = test::kills_wanted(test::sanitized ? 60 : 200);
    const int trials = 2 * kills;
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
        Batch batch(in(folder, trials, limit));
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
    Batch last(in(folder, trials, trials));
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
        BatchOptions options = in(folder, kills * 4, 4);
        options.early_marks = true;
        Batch batch(options);
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
    Batch batch(in(folder, 4, 4));
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
