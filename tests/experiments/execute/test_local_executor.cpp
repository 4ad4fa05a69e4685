// What is the local executor's own: how workers are started, reused, limited and left behind by nobody.
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "experiments/wire/worker_session.h"
#include "tests/experiments/execute/executor_fixture.h"
#include "tests/support/sanitized.h"

namespace tandem::execute_test {
namespace {

using LocalExecutor = ExecutorTest;

class EarlyBehaviour {
public:
    explicit EarlyBehaviour(const char* value) { setenv("TANDEM_NULL_WORKER", value, 1); }
    ~EarlyBehaviour() { unsetenv("TANDEM_NULL_WORKER"); }
};

TEST_P(LocalExecutor, without_a_worker_program_nothing_is_run) {
    local_.worker_program = folder_ / "none";
    const auto summary = run(plan_of({null_trial(1)}));
    ASSERT_FALSE(summary.ok());
    EXPECT_EQ(summary.error().code, "WORKER_PROGRAM_MISSING");
    EXPECT_TRUE(sink_.events().empty());
}

TEST_P(LocalExecutor, a_program_that_is_no_program_is_a_named_failure) {
    local_.worker_program = folder_ / "text";
    std::ofstream(local_.worker_program) << "not a program\n";
    std::filesystem::permissions(local_.worker_program, std::filesystem::perms::owner_all);
    const Plan plan = plan_of({null_trial(1)});
    const auto summary = run(plan);
    ASSERT_TRUE(summary.ok());
    EXPECT_EQ(sink_.story(plan.trials[0].id), "started failed:WORKER_START_FAILED");
}

TEST_P(LocalExecutor, a_worker_that_ends_before_hello_fails_its_trial_with_its_last_words) {
    const EarlyBehaviour early("exit-early");
    const Plan plan = plan_of({null_trial(1), null_trial(2)});
    const auto summary = run(plan);
    ASSERT_TRUE(summary.ok());
    EXPECT_EQ(sink_.story(plan.trials[0].id), "started log failed:WORKER_START_FAILED");
    EXPECT_NE(sink_.log_of(plan.trials[0].id).find("a library is missing"), std::string::npos);
    EXPECT_EQ(summary->failed, 2);
}

TEST_P(LocalExecutor, three_workers_in_a_row_that_cannot_start_end_the_run) {
    const EarlyBehaviour early("exit-early");
    const Plan plan = plan_of({null_trial(1), null_trial(2), null_trial(3), null_trial(4)});
    const auto summary = run(plan);
    ASSERT_FALSE(summary.ok());
    EXPECT_EQ(summary.error().code, "WORKER_START_FAILED");
    EXPECT_EQ(sink_.attempts_of(plan.trials[3].id), 0);
    EXPECT_EQ(sink_.violation(), "");
}

// More observations than fit the window, so that the running trial needs acknowledgements to the end.
TEST_P(LocalExecutor, a_running_trial_is_finished_and_stored_when_no_further_worker_can_be_started) {
    options_.parallel = 2;
    local_.worker_program = folder_ / "worker";
    std::filesystem::create_symlink(null_worker(), local_.worker_program);
    listener_.started = [&](const Trial& trial, std::int64_t) {
        if (trial.id == null_trial(1).id) {
            std::filesystem::remove(local_.worker_program);
            std::ofstream(local_.worker_program) << "not a program\n";
            std::filesystem::permissions(local_.worker_program, std::filesystem::perms::owner_all);
        }
    };
    // The others are slow, so that some are left when the first has started.
    constexpr int trials = 16;
    Plan plan = plan_of({null_trial(1, "slow", {.observations = 40'000, .interval_us = 20})});
    for (int number = 2; number <= trials; ++number) {
        plan.trials.push_back(null_trial(number, "slow"));
        plan.trials.back().job.device.memory_limit_bytes = std::int64_t{1} << 40;  // each in a worker of its own
    }
    const auto summary = run(plan);
    ASSERT_FALSE(summary.ok());
    EXPECT_EQ(summary.error().code, "WORKER_START_FAILED");
    EXPECT_EQ(sink_.story(plan.trials[0].id), "started sample done");
    EXPECT_EQ(sink_.attempts_of(plan.trials.back().id), 0);
    EXPECT_EQ(sink_.violation(), "");
}

// A worker whose window is full waits for acknowledgements that never come and does not hear a cancel.
TEST_P(LocalExecutor, a_failing_sink_ends_a_worker_that_waits_for_acknowledgements_at_once) {
    local_.cancel_grace_ms = 20'000;
    sink_.withhold_marks();
    sink_.fail_from(wire::Window{}.events);
    const auto start = std::chrono::steady_clock::now();
    const auto summary = run(plan_of({null_trial(1, "", {.observations = 1'000'000})}));
    ASSERT_FALSE(summary.ok());
    EXPECT_EQ(summary.error().code, "DB_FULL");
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

TEST_P(LocalExecutor, a_silent_worker_is_ended_at_its_deadline) {
    const EarlyBehaviour early("silent");
    local_.worker_start_timeout_ms = 200;
    const Plan plan = plan_of({null_trial(1)});
    ASSERT_TRUE(run(plan).ok());
    EXPECT_EQ(sink_.error_of(plan.trials[0].id)->code, "WORKER_START_FAILED");
}

TEST_P(LocalExecutor, another_protocol_before_hello_is_refused) {
    const EarlyBehaviour early("garbage-early");
    const Plan plan = plan_of({null_trial(1)});
    ASSERT_TRUE(run(plan).ok());
    EXPECT_EQ(sink_.error_of(plan.trials[0].id)->code, "WORKER_PROTOCOL");
    EXPECT_EQ(sink_.error_of(plan.trials[0].id)->cause->code, "WIRE_MAGIC");
}

// Every process has a log file of its own for as long as it lives.
TEST_P(LocalExecutor, a_worker_is_used_again_but_not_for_timing) {
    int most_logs = 0;
    std::vector<std::string> names;
    listener_.started = [&](const Trial&, std::int64_t) {
        int logs = 0;
        for (const auto& entry : std::filesystem::directory_iterator(local_.scratch_folder)) {
            const std::string name = entry.path().filename().string();
            ++logs;
            if (std::find(names.begin(), names.end(), name) == names.end()) {
                names.push_back(name);
            }
        }
        most_logs = std::max(most_logs, logs);
    };
    Plan plan = plan_of({null_trial(1), null_trial(2), null_trial(3), null_trial(4), null_trial(5)});
    plan.trials[3].timing = plan.trials[4].timing = true;
    const auto summary = run(plan);
    ASSERT_TRUE(summary.ok());
    EXPECT_EQ(summary->done, 5);
    EXPECT_EQ(names.size(), 3U);  // one for the first three, one each for the timing trials
    EXPECT_EQ(most_logs, 1);      // and never two processes at once
}

// Sanitizers map their shadow memory as data and leave no room for a limit.
TEST_P(LocalExecutor, allocations_beyond_the_memory_limit_fail_the_trial) {
    if (test::sanitized) {
        GTEST_SKIP() << "a sanitizer's shadow memory is beyond any limit";
    }
    Trial trial = null_trial(1, "allocate");
    trial.job.device.memory_limit_bytes = 200 << 20;
    const auto summary = run(plan_of({trial, null_trial(2)}));
    ASSERT_TRUE(summary.ok());
    EXPECT_EQ(summary->failed, 1);
    EXPECT_EQ(summary->done, 1);
    EXPECT_EQ(sink_.error_of(trial.id)->kind, ErrorKind::out_of_memory) << sink_.error_of(trial.id)->to_string();
}

TEST_P(LocalExecutor, allocations_refused_in_another_thread_of_the_worker_have_the_same_name) {
    if (test::sanitized) {
        GTEST_SKIP() << "a sanitizer's shadow memory is beyond any limit";
    }
    Trial trial = null_trial(1, "allocate-elsewhere");
    trial.job.device.memory_limit_bytes = 200 << 20;
    const auto summary = run(plan_of({trial}));
    ASSERT_TRUE(summary.ok());
    EXPECT_EQ(sink_.story(trial.id), "started log failed:WORKER_OUT_OF_MEMORY");
    EXPECT_NE(sink_.log_of(trial.id).find("refused"), std::string::npos);
    EXPECT_EQ(sink_.violation(), "");
}

TEST_P(LocalExecutor, mapped_pages_beyond_the_memory_limit_end_the_worker) {
    if (test::sanitized) {
        GTEST_SKIP() << "a sanitizer's shadow memory is beyond any limit";
    }
    Trial trial = null_trial(1, "map");
    trial.job.device.memory_limit_bytes = 100 << 20;
    const auto summary = run(plan_of({trial}));
    ASSERT_TRUE(summary.ok());
    EXPECT_EQ(sink_.error_of(trial.id)->code, "WORKER_OUT_OF_MEMORY");
    EXPECT_EQ(sink_.violation(), "");
}

TEST_P(LocalExecutor, an_unwritable_scratch_folder_is_refused) {
    std::ofstream(folder_ / "file") << "x";
    local_.scratch_folder = folder_ / "file" / "scratch";
    const auto summary = run(plan_of({null_trial(1)}));
    ASSERT_FALSE(summary.ok());
    EXPECT_EQ(summary.error().code, "EXECUTE_IO");
    local_.scratch_folder = folder_ / "none";
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(Kinds, LocalExecutor, testing::Values(ExecutorKind{"local", make_local_executor}),
                         [](const auto& kind) { return kind.param.name; });

}  // namespace tandem::execute_test
