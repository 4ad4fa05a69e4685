// Models, machines and experiments for planning, without a file. Thread rule: one thread at a time.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "experiments/plan/data.h"
#include "experiments/plan/plan.h"
#include "tests/support/small_model.h"

namespace tandem::test {

inline MachineFacts machine(const std::string& fingerprint = "cpu of a test") {
    return {.fingerprint = fingerprint, .memory_bytes = std::int64_t{16} << 30, .cores = 4};
}

// Facts for every model and target that the experiment names; models differ by their sum.
inline PlanInputs inputs_for(const ExperimentSpec& spec) {
    PlanInputs inputs;
    char digit = 'a';
    for (const ModelSpec& model : spec.models) {
        inputs.models[model.name] = small_model(digit);
        digit = static_cast<char>(digit == 'f' ? '0' : digit + 1);
    }
    for (const TargetSpec& target : spec.targets) {
        inputs.machines[target.name] = machine();
    }
    char sum = '1';
    for (const NeededFile& file : needed_data(spec)) {
        inputs.data[file.key] = {.location = "/data/" + file.path,
                                 .sha256 = std::string(64, sum++),
                                 .parts = {{"", {300, 90'000, 900}}, {"test", {100, 30'000, 900}}}};
    }
    inputs.engine_version = "1";
    return inputs;
}

inline ExperimentSpec parse(const std::string& yaml, const std::vector<Override>& overrides = {}) {
    const Result<ExperimentSpec> spec = parse_experiment(yaml, "e.yaml", overrides);
    EXPECT_TRUE(spec.ok()) << (spec.ok() ? std::string() : spec.error().to_string()) << "\n" << yaml;
    return spec.ok() ? *spec : ExperimentSpec{};
}

inline Plan plan_of(const ExperimentSpec& spec, const PlanInputs& inputs) {
    const Result<Plan> plan = make_plan(spec, inputs);
    EXPECT_TRUE(plan.ok()) << (plan.ok() ? std::string() : plan.error().to_string());
    return plan.ok() ? *plan : Plan{};
}

inline Plan plan_of(const std::string& yaml) {
    const ExperimentSpec spec = parse(yaml);
    return plan_of(spec, inputs_for(spec));
}

inline Error refusal_of(const ExperimentSpec& spec, const PlanInputs& inputs) {
    const Result<Plan> plan = make_plan(spec, inputs);
    EXPECT_FALSE(plan.ok());
    return plan.ok() ? Error{.code = "planned", .message = {}, .where = {}} : plan.error();
}

inline std::string head(const std::string& name = "probe") {
    return "tandem: 1\nname: " + name + "\nmodels: {m: s}\npairings: {p: m}\n";
}

}  // namespace tandem::test
