#include <gtest/gtest.h>

#include "experiments/execute/schedule.h"

namespace tandem {
namespace {

Trial trial(const std::string& id, bool timing = false, std::int64_t memory = 0, std::int64_t threads = 0) {
    Trial made;
    made.id = id;
    made.timing = timing;
    made.estimate.memory_bytes = memory;
    made.job.device.threads = threads;
    return made;
}

Plan plan(std::vector<Trial> trials) {
    Plan made;
    made.trials = std::move(trials);
    return made;
}

TEST(Schedule, keeps_the_plans_order_and_leaves_out_what_is_done) {
    Plan made = plan({trial("a"), trial("b"), trial("c")});
    made.trials[1].action = TrialAction::skip;
    made.trials[2].first_attempt = 3;
    Schedule schedule(made, {.parallel = 2, .cores = 2, .memory_bytes = 0});
    EXPECT_EQ(schedule.begin().trial->id, "a");
    const Ticket next = schedule.begin();
    EXPECT_EQ(next.trial->id, "c");
    EXPECT_EQ(next.attempt, 3);
    EXPECT_TRUE(schedule.empty());
    EXPECT_FALSE(schedule.blocked().has_value());
}

TEST(Schedule, a_timing_trial_waits_for_the_others_and_they_for_it) {
    const Plan made = plan({trial("a"), trial("t", true), trial("b")});
    Schedule schedule(made, {.parallel = 4, .cores = 4, .memory_bytes = 0});
    const Ticket first = schedule.begin();
    ASSERT_TRUE(schedule.blocked().has_value());
    EXPECT_NE(schedule.blocked()->why.find("measures time"), std::string::npos);
    schedule.end(first);
    EXPECT_FALSE(schedule.blocked().has_value());
    const Ticket timing = schedule.begin();
    EXPECT_TRUE(schedule.blocked().has_value());
    schedule.end(timing);
    EXPECT_FALSE(schedule.blocked().has_value());
}

TEST(Schedule, memory_is_what_the_running_ones_leave) {
    constexpr std::int64_t gib = std::int64_t{1} << 30;
    const Plan made = plan({trial("a", false, 2 * gib), trial("b", false, 2 * gib)});
    Schedule schedule(made, {.parallel = 2, .cores = 2, .memory_bytes = 3 * gib});
    const Ticket first = schedule.begin();
    ASSERT_TRUE(schedule.blocked().has_value());
    EXPECT_EQ(schedule.blocked()->why, "2.0 GiB needed, 1.0 GiB free");
    EXPECT_FALSE(schedule.blocked()->for_memory);
    schedule.end(first);
    EXPECT_FALSE(schedule.blocked().has_value());
    schedule.set_memory(gib);
    EXPECT_TRUE(schedule.blocked()->for_memory);
}

TEST(Schedule, named_threads_are_counted_against_the_cores) {
    const Plan made = plan({trial("a", false, 0, 3), trial("b", false, 0, 2), trial("c", false, 0, 64)});
    Schedule schedule(made, {.parallel = 8, .cores = 4, .memory_bytes = 0});
    const Ticket first = schedule.begin();
    ASSERT_TRUE(schedule.blocked().has_value());
    EXPECT_NE(schedule.blocked()->why.find("2 cores needed"), std::string::npos) << schedule.blocked()->why;
    schedule.end(first);
    const Ticket second = schedule.begin();
    schedule.end(second);
    EXPECT_FALSE(schedule.blocked().has_value()) << "more threads than cores run, alone";
}

TEST(Schedule, another_attempt_comes_before_the_others) {
    const Plan made = plan({trial("a"), trial("b")});
    Schedule schedule(made, {.parallel = 1, .cores = 1, .memory_bytes = 0});
    const Ticket first = schedule.begin();
    schedule.end(first);
    schedule.again(first);
    EXPECT_EQ(schedule.next().trial->id, "a");
    EXPECT_EQ(schedule.next().attempt, 2);
}

}  // namespace
}  // namespace tandem
