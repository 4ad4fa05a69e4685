// Which trial each is compared with, by the file's word or by the large model that two stand in for.
#include "experiments/plan/baseline.h"

#include <algorithm>

#include "tests/experiments/plan/plan_fixture.h"

namespace tandem::test {
namespace {

const std::string start = "tandem: 1\nname: speed\nmodels: {big: x, tiny: y, other: z}\n";
const std::string guided = "{method: llm-to-slm, llm: big, slm: tiny}";
const std::string speed = "workloads: {speed: {kind: benchmark, new_tokens: 8}}\n";

Plan plan_with(const std::string& pairings, const std::string& rest = speed) {
    return plan_of(start + "pairings: {" + pairings + "}\n" + rest);
}

const Trial* trial_with_id(const Plan& plan, const std::string& id) {
    const auto found = std::find_if(plan.trials.begin(), plan.trials.end(), [&](const Trial& t) { return t.id == id; });
    return found == plan.trials.end() ? nullptr : &*found;
}

std::vector<const Trial*> of_pairing(const Plan& plan, const std::string& name) {
    std::vector<const Trial*> trials;
    for (const Trial& trial : plan.trials) {
        if (trial.pairing == name) {
            trials.push_back(&trial);
        }
    }
    return trials;
}

TEST(Baseline, of_two_models_is_the_single_pairing_of_their_large_one) {
    const Plan plan =
        plan_with("g: " + guided + ", s: {method: speculative, llm: big, slm: tiny}, large: big, small: tiny");
    for (const char* name : {"g", "s"}) {
        const Trial& trial = *of_pairing(plan, name).front();
        EXPECT_EQ(trial.baseline, "large") << name;
        EXPECT_EQ(trial.baseline_trial, of_pairing(plan, "large").front()->id) << name;
    }
    for (const char* name : {"large", "small"}) {
        EXPECT_EQ(of_pairing(plan, name).front()->baseline, "") << name;
    }
}

TEST(Baseline, is_none_where_the_large_model_runs_nowhere_alone_or_in_several_pairings) {
    EXPECT_EQ(of_pairing(plan_with("g: " + guided + ", small: tiny"), "g").front()->baseline, "");
    const Plan two = plan_with("g: " + guided + ", a: big, b: {model: big, trained: t}");
    EXPECT_EQ(of_pairing(two, "g").front()->baseline, "");
}

TEST(Baseline, that_the_file_names_comes_before_the_usual_one) {
    const Plan plan = plan_with(
        "g: {method: llm-to-slm, llm: big, slm: tiny, baseline: third}, large: big, "
        "small: {model: tiny, baseline: large}, third: other");
    EXPECT_EQ(of_pairing(plan, "g").front()->baseline_trial, of_pairing(plan, "third").front()->id);
    EXPECT_EQ(of_pairing(plan, "small").front()->baseline_trial, of_pairing(plan, "large").front()->id);
}

TEST(Baseline, changes_no_trials_identity) {
    const Plan without = plan_with("small: tiny, large: big");
    const Plan with = plan_with("small: {model: tiny, baseline: large}, large: big");
    ASSERT_EQ(without.trials.size(), with.trials.size());
    for (std::size_t i = 0; i < with.trials.size(); ++i) {
        EXPECT_EQ(with.trials[i].id, without.trials[i].id);
    }
}

TEST(Baseline, is_of_the_same_target_workload_settings_number_format_and_seed) {
    const Plan swept = plan_with(
        "g: " + guided + ", large: big",
        "targets: {one: {host: local, threads: 1}, two: {host: local, threads: 2}}\n"
        "workloads: {a: {kind: benchmark}, b: {kind: benchmark, prompt_tokens: 7}}\n"
        "sweep: {grid: {workloads.a.new_tokens: [3, 6], load.dtype: [f32, int8], pairings.g.fusion: [add, replace]}}\n"
        "seeds: [1, 2]\n");
    const auto guides = of_pairing(swept, "g");
    ASSERT_EQ(guides.size(), 2U * 3U * 2U * 2U * 2U);
    for (const Trial* trial : guides) {
        const Trial* baseline = trial_with_id(swept, trial->baseline_trial);
        ASSERT_NE(baseline, nullptr);
        EXPECT_EQ(baseline->pairing, "large");
        EXPECT_EQ(baseline->target, trial->target);
        EXPECT_EQ(baseline->workload, trial->workload);
        EXPECT_EQ(baseline->seed, trial->seed);
        EXPECT_EQ(baseline->job.load.dtype, trial->job.load.dtype);
        const auto& own = std::get<BenchmarkWorkload>(trial->job.workload);
        const auto& other = std::get<BenchmarkWorkload>(baseline->job.workload);
        EXPECT_EQ(own.new_tokens, other.new_tokens);
        EXPECT_EQ(own.prompt_tokens, other.prompt_tokens);
    }
}

TEST(Baseline, of_a_swept_large_model_is_the_trial_that_runs_it) {
    const Plan plan = plan_with("g: " + guided + ", large: big",
                                speed +
                                    "sweep: {grid: {pairings.g.llm: [big, other], pairings.large.model: [big, "
                                    "other]}}\n");
    const auto guides = of_pairing(plan, "g");
    ASSERT_EQ(guides.size(), 2U);
    for (const Trial* trial : guides) {
        const Trial* baseline = trial_with_id(plan, trial->baseline_trial);
        ASSERT_NE(baseline, nullptr);
        EXPECT_EQ(baseline->model, trial->partner);
    }
}

TEST(Baseline, that_the_file_names_and_that_has_no_such_trial_is_kept_without_one) {
    const Plan plan =
        plan_with("g: {method: llm-to-slm, llm: big, slm: tiny, baseline: large}, large: big",
                  "workloads: {a: {kind: benchmark, pairings: [g]}, b: {kind: benchmark, new_tokens: 3}}\n");
    for (const Trial* trial : of_pairing(plan, "g")) {
        EXPECT_EQ(trial->baseline, "large");
        EXPECT_EQ(trial->baseline_trial.empty(), trial->workload == "a");
    }
    const Plan usual = plan_with("g: " + guided + ", large: big", "workloads: {a: {kind: benchmark, pairings: [g]}}\n");
    EXPECT_EQ(of_pairing(usual, "g").front()->baseline, "");
}

TEST(Baseline, is_found_where_its_trial_is_the_same_as_one_before) {
    const Plan plan =
        plan_with("first: big, g: {method: llm-to-slm, llm: big, slm: tiny, baseline: again}, again: big");
    EXPECT_EQ(plan.duplicates, 1);
    EXPECT_EQ(of_pairing(plan, "g").front()->baseline_trial, of_pairing(plan, "first").front()->id);
}

}  // namespace
}  // namespace tandem::test
