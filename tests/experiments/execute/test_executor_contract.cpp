// What every executor promises, whatever carries its workers.
#include <atomic>
#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/experiments/execute/executor_fixture.h"

namespace tandem::execute_test {
namespace {

using std::chrono::milliseconds;

using ExecutorContract = ExecutorTest;

TEST_P(ExecutorContract, every_trial_is_started_observed_and_done_in_the_plans_order) {
    std::vector<std::string> order;
    listener_.started = [&](const Trial& trial, std::int64_t) { order.push_back(trial.id); };
    const Plan plan = plan_of({null_trial(3, "", {.observations = 10}), null_trial(1), null_trial(2)});
    const auto summary = run(plan);
    ASSERT_TRUE(summary.ok()) << summary.error().to_string();
    EXPECT_EQ(summary->done, 3);
    EXPECT_FALSE(summary->interrupted);
    EXPECT_EQ(sink_.violation(), "");
    EXPECT_EQ(sink_.story(plan.trials[0].id), "started sample done");
    EXPECT_EQ(sink_.events_of(plan.trials[0].id, 1).size(), 12U);
    EXPECT_EQ(order, (std::vector{plan.trials[0].id, plan.trials[1].id, plan.trials[2].id}));
}

TEST_P(ExecutorContract, a_hundred_thousand_observations_arrive_whole_and_in_order) {
    const Plan plan = plan_of({null_trial(1, "", {.observations = 100'000})});
    ASSERT_TRUE(run(plan).ok());
    const auto events = sink_.events_of(plan.trials[0].id, 1);
    ASSERT_EQ(events.size(), 100'002U);
    EXPECT_EQ(sink_.violation(), "");
    for (std::int64_t i = 0; i < 100'000; ++i) {
        ASSERT_EQ(std::get<Observation>(events[static_cast<std::size_t>(i) + 1].body).index, i);
    }
}

TEST_P(ExecutorContract, the_environment_names_machine_and_worker) {
    const Plan plan = plan_of({null_trial(1)});
    ASSERT_TRUE(run(plan).ok());
    const auto events = sink_.events_of(plan.trials[0].id, 1);
    const auto& started = std::get<AttemptStarted>(events.at(0).body);
    EXPECT_EQ(started.target, "here");
    const auto environment = nlohmann::json::parse(started.environment_json);
    EXPECT_EQ(environment.at("cpu"), "Example 3000");
    EXPECT_TRUE(environment.at("libtorch").is_null());
    EXPECT_FALSE(environment.at("worker").get<std::string>().empty());
}

TEST_P(ExecutorContract, artefacts_larger_than_a_frame_and_logs_arrive_whole) {
    const Plan plan = plan_of({null_trial(1, "artefact")});
    ASSERT_TRUE(run(plan).ok());
    EXPECT_EQ(sink_.story(plan.trials[0].id), "started artefact log done");
    const auto events = sink_.events_of(plan.trials[0].id, 1);
    const auto& artefact = std::get<ArtefactProduced>(events.at(1).body);
    EXPECT_EQ(artefact.name, "logits.safetensors");
    EXPECT_EQ(artefact.bytes, std::vector(9'000'000, std::byte{7}));
}

TEST_P(ExecutorContract, trials_done_before_are_skipped_and_attempts_go_on_counting) {
    Plan plan = plan_of({null_trial(1), null_trial(2)});
    plan.trials[0].action = TrialAction::skip;
    plan.trials[1].first_attempt = 4;
    const auto summary = run(plan);
    ASSERT_TRUE(summary.ok());
    EXPECT_EQ(summary->skipped, 1);
    EXPECT_EQ(summary->done, 1);
    EXPECT_EQ(sink_.story(plan.trials[1].id, 4), "started done");
}

TEST_P(ExecutorContract, a_crash_is_a_failed_trial_with_its_log_and_the_next_one_runs) {
    const Plan plan = plan_of({null_trial(1, "crash"), null_trial(2)});
    const auto summary = run(plan);
    ASSERT_TRUE(summary.ok()) << summary.error().to_string();
    EXPECT_EQ(summary->failed, 1);
    EXPECT_EQ(summary->done, 1);
    EXPECT_EQ(sink_.story(plan.trials[0].id), "started note log failed:WORKER_CRASHED");
    EXPECT_NE(sink_.error_of(plan.trials[0].id)->message.find("SIGSEGV"), std::string::npos);
    EXPECT_NE(sink_.log_of(plan.trials[0].id).find("null_worker: running crash"), std::string::npos);
    EXPECT_EQ(sink_.violation(), "");
}

TEST_P(ExecutorContract, the_ways_a_worker_can_end_have_names) {
    const Plan plan = plan_of({null_trial(1, "exit"), null_trial(2, "kill"), null_trial(3, "garbage")});
    const auto summary = run(plan);
    ASSERT_TRUE(summary.ok());
    EXPECT_EQ(summary->failed, 3);
    EXPECT_EQ(sink_.story(plan.trials[0].id), "started note log failed:WORKER_CRASHED");
    EXPECT_NE(sink_.error_of(plan.trials[0].id)->message.find("exit code 7"), std::string::npos);
    EXPECT_EQ(sink_.story(plan.trials[1].id), "started note log failed:WORKER_KILLED");
    EXPECT_EQ(sink_.story(plan.trials[2].id), "started note log failed:WORKER_PROTOCOL");
    EXPECT_EQ(sink_.error_of(plan.trials[2].id)->cause->code, "WIRE_MAGIC");
    EXPECT_EQ(sink_.violation(), "");
}

TEST_P(ExecutorContract, a_trial_that_hangs_is_ended_at_its_timeout) {
    options_.timeout_s = 1;
    const Plan plan = plan_of({null_trial(1, "hang"), null_trial(2)});
    const auto start = std::chrono::steady_clock::now();
    const auto summary = run(plan);
    ASSERT_TRUE(summary.ok());
    EXPECT_EQ(sink_.error_of(plan.trials[0].id)->code, "WORKER_TIMEOUT");
    EXPECT_EQ(summary->done, 1);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

TEST_P(ExecutorContract, a_trial_that_obeys_cancel_fails_with_the_timeout_too_and_keeps_its_observations) {
    options_.timeout_s = 1;
    const Plan plan = plan_of({null_trial(1, "", {.observations = 100'000, .interval_us = 1000})});
    ASSERT_TRUE(run(plan).ok());
    EXPECT_EQ(sink_.story(plan.trials[0].id), "started sample log failed:WORKER_TIMEOUT");
    EXPECT_GT(sink_.events().size(), 20U);
}

TEST_P(ExecutorContract, failures_of_a_worker_are_tried_again_and_bad_input_is_not) {
    options_.retries = 2;
    Trial once = null_trial(1, "crash-once");
    once.job.pairing.model.location = (folder_ / "marker").string();
    const Plan plan = plan_of({once, null_trial(2, "bad-input"), null_trial(3, "fails")});
    const auto summary = run(plan);
    ASSERT_TRUE(summary.ok());
    EXPECT_EQ(sink_.story(once.id, 1), "started log failed:WORKER_CRASHED");
    EXPECT_EQ(sink_.story(once.id, 2), "started done");
    EXPECT_EQ(sink_.attempts_of(plan.trials[1].id), 1);
    EXPECT_EQ(sink_.error_of(plan.trials[1].id)->code, "GGUF_BAD_MAGIC");
    EXPECT_EQ(sink_.attempts_of(plan.trials[2].id), 3);
    EXPECT_EQ(summary->done, 1);
    EXPECT_EQ(summary->failed, 2);
    EXPECT_EQ(sink_.violation(), "");
}

TEST_P(ExecutorContract, on_error_stop_starts_nothing_after_a_failure) {
    options_.on_error = OnError::stop;
    const Plan plan = plan_of({null_trial(1), null_trial(2, "fails"), null_trial(3)});
    const auto summary = run(plan);
    ASSERT_TRUE(summary.ok());
    EXPECT_EQ(summary->done, 1);
    EXPECT_EQ(summary->failed, 1);
    EXPECT_EQ(sink_.attempts_of(plan.trials[2].id), 0);
    EXPECT_FALSE(summary->interrupted);
}

TEST_P(ExecutorContract, cancel_ends_the_running_trial_cleanly_and_leaves_the_others) {
    std::stop_source stop;
    listener_.observed = [&](const Trial&, const Observation& o) {
        if (o.index == 20) {
            stop.request_stop();
        }
    };
    const Plan plan = plan_of({null_trial(1, "", {.observations = 1'000'000, .interval_us = 1000}), null_trial(2)});
    const auto summary = run(plan, stop.get_token());
    ASSERT_TRUE(summary.ok());
    EXPECT_TRUE(summary->interrupted);
    EXPECT_EQ(summary->cancelled, 1);
    EXPECT_EQ(sink_.story(plan.trials[0].id), "started sample cancelled");
    EXPECT_EQ(sink_.attempts_of(plan.trials[1].id), 0);
    EXPECT_EQ(sink_.violation(), "");
}

TEST_P(ExecutorContract, a_worker_that_ignores_cancel_is_killed_after_the_grace) {
    std::stop_source stop;
    listener_.observed = [&](const Trial&, const Observation&) { stop.request_stop(); };
    const Plan plan = plan_of({null_trial(1, "hang")});
    const auto start = std::chrono::steady_clock::now();
    const auto summary = run(plan, stop.get_token());
    ASSERT_TRUE(summary.ok());
    EXPECT_TRUE(summary->interrupted);
    EXPECT_EQ(sink_.story(plan.trials[0].id), "started note cancelled");
    EXPECT_GE(std::chrono::steady_clock::now() - start, milliseconds(local_.cancel_grace_ms));
}

TEST_P(ExecutorContract, a_stop_from_another_thread_while_nothing_arrives_is_heard_at_once) {
    std::stop_source stop;
    std::atomic<bool> started = false;
    listener_.started = [&](const Trial&, std::int64_t) { started = true; };
    std::thread stopper([&] {
        while (!started) {
            std::this_thread::sleep_for(milliseconds(1));
        }
        std::this_thread::sleep_for(milliseconds(50));
        stop.request_stop();
    });
    const Plan plan = plan_of({null_trial(1, "", {.observations = 1, .interval_us = 60'000'000})});
    const auto summary = run(plan, stop.get_token());
    stopper.join();
    ASSERT_TRUE(summary.ok());
    EXPECT_EQ(sink_.story(plan.trials[0].id), "started cancelled");
}

TEST_P(ExecutorContract, a_stop_before_the_start_runs_nothing) {
    std::stop_source stop;
    stop.request_stop();
    const auto summary = run(plan_of({null_trial(1)}), stop.get_token());
    ASSERT_TRUE(summary.ok());
    EXPECT_TRUE(summary->interrupted);
    EXPECT_TRUE(sink_.events().empty());
}

TEST_P(ExecutorContract, a_failing_sink_ends_the_run_with_its_error_wherever_it_fails) {
    for (std::size_t n = 1; n <= 8; ++n) {
        RecordingSink sink;
        sink.fail_from(n);
        const Plan plan = plan_of({null_trial(1, "", {.observations = 5, .interval_us = 1000}), null_trial(2)});
        const auto summary = GetParam().make(local_)->run(plan, options_, sink, listener_, {});
        ASSERT_FALSE(summary.ok()) << n;
        EXPECT_EQ(summary.error().code, "DB_FULL");
        EXPECT_EQ(sink.events().size(), n - 1);
        EXPECT_TRUE(children().empty());
    }
}

TEST_P(ExecutorContract, parallel_trials_overlap_and_a_timing_trial_runs_alone) {
    options_.parallel = 3;
    std::atomic<int> running = 0;
    int most = 0;
    int beside_timing = 0;
    listener_.started = [&](const Trial& trial, std::int64_t) {
        most = std::max(most, ++running);
        beside_timing += trial.timing ? running - 1 : 0;
    };
    listener_.finished = [&](const Trial&, TrialState, const Error*) { --running; };
    Plan plan = plan_of({null_trial(1, "slow"), null_trial(2, "slow"), null_trial(3, "slow"), null_trial(4, "slow"),
                         null_trial(5), null_trial(6, "slow"), null_trial(7, "slow")});
    plan.trials[4].timing = true;
    const auto summary = run(plan);
    ASSERT_TRUE(summary.ok()) << summary.error().to_string();
    EXPECT_EQ(summary->done, 7);
    EXPECT_EQ(most, 3);
    EXPECT_EQ(beside_timing, 0);
    EXPECT_EQ(sink_.violation(), "");
}

TEST_P(ExecutorContract, a_trial_waits_for_memory_and_says_so_once) {
    options_.parallel = 2;
    local_.memory_budget_bytes = 1000 << 20;
    std::vector<std::string> reasons;
    listener_.waiting = [&](const Trial&, std::string_view why) { reasons.emplace_back(why); };
    Plan plan = plan_of({null_trial(1, "slow"), null_trial(2, "slow")});
    plan.trials[0].estimate.memory_bytes = plan.trials[1].estimate.memory_bytes = 600 << 20;
    const auto summary = run(plan);
    ASSERT_TRUE(summary.ok());
    EXPECT_EQ(summary->done, 2);
    ASSERT_EQ(reasons.size(), 1U);
    EXPECT_NE(reasons[0].find("needed"), std::string::npos) << reasons[0];
}

TEST_P(ExecutorContract, a_trial_larger_than_the_whole_budget_fails_with_its_sum) {
    local_.memory_budget_bytes = 100 << 20;
    Plan plan = plan_of({null_trial(1), null_trial(2)});
    plan.trials[0].estimate.memory_bytes = std::int64_t{5} << 30;
    const auto summary = run(plan);
    ASSERT_TRUE(summary.ok());
    EXPECT_EQ(summary->failed, 1);
    EXPECT_EQ(summary->done, 1);
    EXPECT_EQ(sink_.error_of(plan.trials[0].id)->code, "MEMORY_SHORT");
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(Kinds, ExecutorContract, testing::Values(ExecutorKind{"local", make_local_executor}),
                         [](const auto& kind) { return kind.param.name; });

}  // namespace tandem::execute_test
