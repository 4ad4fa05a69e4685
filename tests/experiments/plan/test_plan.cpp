// From an experiment to its trials: which, in what order, why, and what is refused.
#include <gtest/gtest.h>
// rapidcheck/gtest.h needs gtest before it.
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "tests/experiments/plan/plan_fixture.h"

namespace tandem::test {
namespace {

std::string listed(const Plan& plan) {
    std::ostringstream out;
    for (const Trial& trial : plan.trials) {
        out << trial.pairing << ' ' << trial.model << ' ' << trial.target << ' ' << trial.workload;
        for (const auto& [path, value] : trial.settings) {
            out << ' ' << path << '=' << value;
        }
        out << " seed=" << trial.seed << (trial.timing ? " timing " : " ")
            << (trial.action == TrialAction::run ? "run: " : "skip: ") << trial.reason << '\n';
    }
    return out.str();
}

TEST(Plan, a_grid_is_nested_loops_in_the_order_of_the_file_grouped_by_what_is_loaded) {
    EXPECT_EQ(listed(plan_of("tandem: 1\nname: golden\nmodels: {a: x, b: y}\npairings: {p: a}\n"
                             "workloads:\n  speed: {kind: benchmark}\n  answers: {kind: generate, prompts: [hi]}\n"
                             "  nothing: {kind: null}\n"
                             "sweep:\n  grid:\n    workloads.speed.new_tokens: [8, 16]\n    load.dtype: [f32, int8]\n"
                             "  linked:\n    - pairings.p.model: [a, b]\n      targets.here.threads: [1, 2]\n"
                             "  exclude:\n    - {load.dtype: f32, pairings.p.model: b}\n"
                             "seeds: [7]\n")),
              "p a here speed workloads.speed.new_tokens=8 load.dtype=f32 pairings.p.model=a targets.here.threads=1 "
              "seed=7 timing run: new\n"
              "p a here speed workloads.speed.new_tokens=16 load.dtype=f32 pairings.p.model=a targets.here.threads=1 "
              "seed=7 timing run: new\n"
              "p a here answers load.dtype=f32 pairings.p.model=a targets.here.threads=1 seed=7 run: new\n"
              "p a here speed workloads.speed.new_tokens=8 load.dtype=int8 pairings.p.model=a targets.here.threads=1 "
              "seed=7 timing run: new\n"
              "p a here speed workloads.speed.new_tokens=16 load.dtype=int8 pairings.p.model=a targets.here.threads=1 "
              "seed=7 timing run: new\n"
              "p a here answers load.dtype=int8 pairings.p.model=a targets.here.threads=1 seed=7 run: new\n"
              "p b here speed workloads.speed.new_tokens=8 load.dtype=int8 pairings.p.model=b targets.here.threads=2 "
              "seed=7 timing run: new\n"
              "p b here speed workloads.speed.new_tokens=16 load.dtype=int8 pairings.p.model=b targets.here.threads=2 "
              "seed=7 timing run: new\n"
              "p b here answers load.dtype=int8 pairings.p.model=b targets.here.threads=2 seed=7 run: new\n"
              "p a here nothing pairings.p.model=a targets.here.threads=1 seed=7 run: new\n"
              "p b here nothing pairings.p.model=b targets.here.threads=2 seed=7 run: new\n");
}

TEST(Plan, seeds_are_the_innermost_loop_and_every_trial_carries_its_job) {
    const ExperimentSpec spec = parse(head() +
                                      "workloads: {w: {kind: benchmark}}\nload: {dtype: bf16}\nseeds: [3, 1]\n"
                                      "targets: {t: {threads: 2}}\nsweep: {grid: {load.context: [64, 128]}}\n");
    const Plan plan = plan_of(spec, inputs_for(spec));
    ASSERT_EQ(plan.trials.size(), 4U);
    EXPECT_EQ(plan.experiment, "probe");
    EXPECT_EQ(plan.trials[1].seed, 1U);
    EXPECT_EQ(plan.trials[2].job.load.context, 128);
    EXPECT_EQ(plan.trials[2].job.load.dtype, Dtype::bf16);
    EXPECT_EQ(plan.trials[2].job.device.threads, 2);
    EXPECT_EQ(plan.trials[2].job.pairing.model.location, "models/small.gguf");
    EXPECT_EQ(plan.trials[2].job.pairing.model.sha256, std::string(64, 'a'));
    EXPECT_EQ(plan.trials[2].job.seed, 3U);
    EXPECT_EQ(plan.trials[0].id.size(), 64U);
}

TEST(Plan, history_decides_what_runs_and_says_why) {
    const ExperimentSpec spec = parse(head() + "workloads: {w: {kind: benchmark}}\nseeds: {range: {from: 1, to: 6}}\n");
    PlanInputs inputs = inputs_for(spec);
    const Plan fresh = plan_of(spec, inputs);
    const auto past = [&](std::size_t i) -> TrialHistory& { return inputs.history[fresh.trials[i].id]; };
    past(0) = {.state = TrialState::done,
               .attempts = 1,
               .finished_at = "2026-11-24T10:00:00Z",
               .wall_ms = 2500,
               .peak_rss_bytes = 123e6,
               .error_code = {}};
    past(1) = {.state = TrialState::failed,
               .attempts = 2,
               .finished_at = {},
               .wall_ms = {},
               .peak_rss_bytes = {},
               .error_code = "WORKER_KILLED"};
    past(2) = {.state = TrialState::running, .attempts = 1, .finished_at = {}, .error_code = {}};
    past(3) = {.state = TrialState::cancelled, .attempts = 4, .finished_at = {}, .error_code = {}};
    past(4) = {.state = TrialState::queued, .attempts = 0, .finished_at = {}, .error_code = {}};
    const Plan again = plan_of(spec, inputs);
    ASSERT_EQ(again.trials.size(), 6U);
    const auto reason = [&](std::size_t i) { return again.trials[i].reason; };
    EXPECT_EQ(reason(0), "done on 2026-11-24");
    EXPECT_EQ(again.trials[0].action, TrialAction::skip);
    EXPECT_TRUE(again.trials[0].estimate.measured);
    EXPECT_DOUBLE_EQ(again.trials[0].estimate.seconds, 2.5);
    EXPECT_EQ(again.trials[0].estimate.memory_bytes, 123'000'000);
    EXPECT_EQ(reason(1), "failed with WORKER_KILLED on attempt 2, tried again");
    EXPECT_EQ(again.trials[1].first_attempt, 3);
    EXPECT_EQ(reason(2), "was interrupted, tried again");
    EXPECT_EQ(reason(3), "cancelled before, tried again");
    EXPECT_EQ(again.trials[3].first_attempt, 5);
    EXPECT_EQ(reason(4), "new");
    EXPECT_EQ(reason(5), "new");
    double seconds = 0;
    for (std::size_t i = 1; i < 6; ++i) {
        EXPECT_EQ(again.trials[i].action, TrialAction::run);
        seconds += again.trials[i].estimate.seconds;
    }
    EXPECT_DOUBLE_EQ(again.total_to_run.seconds, seconds);
    EXPECT_FALSE(again.total_to_run.measured);
}

TEST(Plan, a_model_without_facts_is_refused_by_name) {
    const ExperimentSpec spec = parse(head() + "workloads: {w: {kind: benchmark}}\n");
    PlanInputs inputs = inputs_for(spec);
    inputs.models.clear();
    const Error error = refusal_of(spec, inputs);
    EXPECT_EQ(error.code, "PLAN_MODEL_UNKNOWN");
    EXPECT_EQ(error.where, "e.yaml:4:15");
    inputs.models["m"] = small_model();
    inputs.models["m"].sha256.clear();
    EXPECT_EQ(refusal_of(spec, inputs).code, "PLAN_MODEL_UNKNOWN");
}

TEST(Plan, needs_beyond_the_target_are_refused_with_their_sum) {
    const ExperimentSpec spec =
        parse(head() +
              "workloads: {w: {kind: benchmark, prompt_tokens: 64, new_tokens: 64}}\n"
              "targets: {t: {memory_limit_bytes: 700MiB}}\nsweep: {grid: {load.dtype: [f32, bf16, int8]}}\n");
    PlanInputs inputs = inputs_for(spec);
    const Error error = refusal_of(spec, inputs);
    EXPECT_EQ(error.code, "PLAN_TOO_LARGE_FOR_TARGET");
    EXPECT_NE(error.message.find("m as f32 in workload w on target t needs 513.1 MiB weights + 5.6 MiB KV cache + "),
              std::string::npos)
        << error.message;
    EXPECT_NE(error.message.find("; its memory_limit_bytes is 700.0 MiB"), std::string::npos) << error.message;
    EXPECT_EQ(error.message.find("bf16"), std::string::npos) << error.message;
    inputs.machines["t"].memory_bytes = std::int64_t{300} << 20;
    EXPECT_NE(refusal_of(spec, inputs).message.find("the machine has 300.0 MiB"), std::string::npos);
    inputs.machines["t"].memory_bytes = 0;  // unknown
    const ExperimentSpec free = parse(head() + "workloads: {w: {kind: benchmark}}\n");
    EXPECT_EQ(plan_of(free, inputs_for(free)).trials.size(), 1U);
}

TEST(Plan, a_trial_that_is_done_is_not_refused_for_its_size) {
    const ExperimentSpec spec = parse(head() + "workloads: {w: {kind: benchmark}}\n");
    PlanInputs inputs = inputs_for(spec);
    inputs.history[plan_of(spec, inputs).trials[0].id] = {
        .state = TrialState::done, .attempts = 1, .finished_at = "2026-01-01", .error_code = {}};
    inputs.machines["here"].memory_bytes = 1;
    EXPECT_EQ(plan_of(spec, inputs).trials[0].action, TrialAction::skip);
}

TEST(Plan, exclusions_that_leave_nothing_are_refused) {
    const ExperimentSpec spec =
        parse(head() +
              "workloads: {w: {kind: benchmark}}\n"
              "sweep: {grid: {load.dtype: [f32]}, exclude: [{load.dtype: f32}]}\nseeds: [1, 2]\n");
    const Error error = refusal_of(spec, inputs_for(spec));
    EXPECT_EQ(error.code, "PLAN_EMPTY");
    EXPECT_NE(error.message.find("no trial of 2"), std::string::npos) << error.message;
    EXPECT_TRUE(error.where.starts_with("e.yaml:6:"));
}

TEST(Plan, swept_knobs_that_limit_each_other_are_checked_together) {
    const std::string text = head() +
                             "workloads: {w: {kind: generate, prompts: [a], max_new_tokens: 64}}\n"
                             "sweep:\n  grid:\n    workloads.w.max_new_tokens: [8, 64]\n"
                             "    workloads.w.min_new_tokens: [0, 32]\n";
    const ExperimentSpec bad = parse(text);
    const Error error = refusal_of(bad, inputs_for(bad));
    EXPECT_EQ(error.code, "SPEC_RANGE");
    EXPECT_EQ(error.where, "e.yaml:8:5");
    EXPECT_NE(error.message.find("{workloads.w.max_new_tokens: 8, workloads.w.min_new_tokens: 32}"), std::string::npos)
        << error.message;
    const ExperimentSpec good =
        parse(text + "  exclude: [{workloads.w.max_new_tokens: 8, workloads.w.min_new_tokens: 32}]\n");
    EXPECT_EQ(plan_of(good, inputs_for(good)).trials.size(), 3U);
}

TEST(Plan, prompts_times_trials_have_a_bound) {
    ExperimentSpec spec =
        parse(head() + "workloads: {w: {kind: generate, prompts: [a]}}\nseeds: {range: {from: 1, to: 1000}}\n");
    std::get<GenerateWorkload>(spec.workloads[0].workload).prompts.assign(1, std::string(4U << 20, 'x'));
    const Error error = refusal_of(spec, inputs_for(spec));
    EXPECT_EQ(error.code, "PLAN_TEXT_TOO_LARGE");
    EXPECT_NE(error.message.find("256.0 MiB"), std::string::npos) << error.message;
}

TEST(Plan, more_trials_than_allowed_are_refused_also_when_built_by_hand) {
    ExperimentSpec spec = parse(head() + "workloads: {w: {kind: null}}\n");
    spec.seeds.resize(static_cast<std::size_t>(max_trials) + 1);
    EXPECT_EQ(refusal_of(spec, inputs_for(spec)).code, "SWEEP_TOO_LARGE");
}

// Three axes with few values and random exclusions over subsets of them, against looking at every combination.
RC_GTEST_PROP(PlanProperty, exclusions_are_those_of_brute_force, ()) {
    const std::vector<std::string> paths{"load.context", "workloads.w.new_tokens", "workloads.*.warmup"};
    std::vector<int> sizes;
    std::string grid;
    for (const std::string& path : paths) {
        sizes.push_back(*rc::gen::inRange(1, 5));
        std::string values;
        for (int v = 1; v <= sizes.back(); ++v) {
            values += (v > 1 ? ", " : "") + std::to_string(v);
        }
        grid += "    " + path + ": [" + values + "]\n";
    }
    std::vector<std::vector<int>> exclusions;  // a value for each path; 0: not named
    std::string exclude;
    const int count = *rc::gen::inRange(0, 6);
    for (int e = 0; e < count; ++e) {
        std::vector<int> values;
        std::string text;
        for (std::size_t p = 0; p < paths.size(); ++p) {
            values.push_back(*rc::gen::inRange(0, sizes[p] + 1));
            if (values.back() > 0) {
                // A narrower name than the axis has means the same where there is one workload.
                const std::string path =
                    paths[p] == "workloads.*.warmup" && e % 2 == 0 ? "workloads.w.warmup" : paths[p];
                text += (text.empty() ? "" : ", ") + path + ": " + std::to_string(values.back());
            }
        }
        if (!text.empty()) {
            exclusions.push_back(values);
            exclude += "    - {" + text + "}\n";
        }
    }
    std::set<std::vector<int>> expected;
    for (int a = 1; a <= sizes[0]; ++a) {
        for (int b = 1; b <= sizes[1]; ++b) {
            for (int c = 1; c <= sizes[2]; ++c) {
                const std::vector<int> combination{a, b, c};
                const bool out = std::any_of(exclusions.begin(), exclusions.end(), [&](const std::vector<int>& values) {
                    return (values[0] == 0 || values[0] == a) && (values[1] == 0 || values[1] == b) &&
                           (values[2] == 0 || values[2] == c);
                });
                if (!out) {
                    expected.insert(combination);
                }
            }
        }
    }
    const ExperimentSpec spec = parse(head() + "workloads: {w: {kind: benchmark}}\nsweep:\n  grid:\n" + grid +
                                      (exclude.empty() ? "" : "  exclude:\n" + exclude));
    const Result<Plan> plan = make_plan(spec, inputs_for(spec));
    if (expected.empty()) {
        RC_ASSERT(!plan.ok());
        RC_ASSERT(plan.error().code == "PLAN_EMPTY");
        return;
    }
    std::set<std::vector<int>> found;
    for (const Trial& trial : plan->trials) {
        std::vector<int> combination;
        for (const auto& [path, value] : trial.settings) {
            combination.push_back(std::stoi(value));
        }
        found.insert(combination);
    }
    RC_ASSERT(found == expected);
    RC_ASSERT(plan->trials.size() == expected.size());
    RC_ASSERT(listed(plan_of(spec, inputs_for(spec))) == listed(*plan));
}

}  // namespace
}  // namespace tandem::test
