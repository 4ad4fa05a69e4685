// The sweep section: grids, linked lists, ranges against an oracle, exclusions, and what is refused.
#include <gtest/gtest.h>
// rapidcheck/gtest.h needs gtest before it.
#include <rapidcheck/gtest.h>

#include <cmath>

#include "experiments/spec/sweep_reader.h"
#include "experiments/spec/yaml_tree.h"
#include "tests/experiments/spec/spec_fixture.h"

namespace tandem::test {
namespace {

std::vector<std::string> range_values(const std::string& range) {
    return axis_values(read(Text{.workloads = "workloads: {w: {kind: generate, prompts: [a]}}",
                                 .rest = "sweep: {grid: {workloads.w.temperature: " + range + "}}"}
                                .yaml()),
                       "workloads.w.temperature");
}

TEST(Sweep, grids_and_linked_lists_keep_the_order_of_the_file) {
    const ExperimentSpec spec =
        read(with("sweep:\n  linked:\n    - {load.dtype: [f32, int8], targets.here.threads: [1, 2]}\n"
                  "  grid:\n    workloads.speed.new_tokens: [9, 8]\n    load.context: 64\n"));
    ASSERT_EQ(spec.sweep.size(), 3U);
    EXPECT_EQ(spec.sweep[0].axes[0].path, "workloads.speed.new_tokens");
    EXPECT_EQ(spec.sweep[0].axes[0].values, (std::vector<std::string>{"9", "8"}));
    EXPECT_EQ(spec.sweep[1].axes[0].values, std::vector<std::string>{"64"});
    ASSERT_EQ(spec.sweep[2].axes.size(), 2U);
    EXPECT_EQ(spec.sweep[2].axes[1].values, (std::vector<std::string>{"1", "2"}));
}

TEST(Sweep, ranges_meet_their_end) {
    EXPECT_EQ(range_values("{range: {from: 0.1, to: 1.0, step: 0.1}}"),
              (std::vector<std::string>{"0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8", "0.9", "1"}));
    EXPECT_EQ(range_values("{range: {from: 1, to: 2, step: 0.4}}"), (std::vector<std::string>{"1", "1.4", "1.8"}));
    EXPECT_EQ(range_values("{range: {from: 3, to: 3}}"), std::vector<std::string>{"3"});
    EXPECT_EQ(range_values("{log_range: {from: 0.001, to: 1, factor: 10}}"),
              (std::vector<std::string>{"0.001", "0.01", "0.1", "1"}));
    EXPECT_EQ(
        axis_values(read(with("sweep: {grid: {load.context: {log_range: {from: 64, to: 5000}}}}")), "load.context"),
        (std::vector<std::string>{"64", "128", "256", "512", "1024", "2048", "4096"}));
}

// Values of {range: ...} or {log_range: ...}, read directly.
std::vector<double> numbers(const std::string& yaml) {
    Problems problems;
    const std::optional<YamlNode> node = parse_yaml(yaml, file_name, problems);
    std::vector<double> out;
    if (node) {
        for (const SweepValue& value : read_values(*node, "x", problems)) {
            out.push_back(std::stod(value.text));
        }
    }
    return problems.empty() ? out : std::vector<double>{};
}

std::string decimal(int value, int digits) {
    return std::to_string(value) + "e-" + std::to_string(digits);
}

// In exact decimals: from + i * step as whole numbers of 10^-digits, as numpy.arange over integers gives them.
RC_GTEST_PROP(SweepProperty, ranges_are_those_of_whole_numbers, ()) {
    const int digits = *rc::gen::inRange(0, 7);
    const int from = *rc::gen::inRange(-100'000, 100'000);
    const int step = *rc::gen::inRange(1, 5000);
    const int count = *rc::gen::inRange(1, 300);
    const int beyond = *rc::gen::inRange(0, step);
    const std::vector<double> values = numbers("{range: {from: " + decimal(from, digits) +
                                               ", to: " + decimal(from + step * (count - 1) + beyond, digits) +
                                               ", step: " + decimal(step, digits) + "}}");
    RC_ASSERT(values.size() == static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) {
        const double exact = static_cast<double>(from + i * step) / std::pow(10.0, digits);
        RC_ASSERT(std::abs(values[static_cast<std::size_t>(i)] - exact) <= 1e-11 * std::max(1.0, std::abs(exact)));
    }
}

// Whole powers, as from * factor ** numpy.arange(n) gives them exactly.
RC_GTEST_PROP(SweepProperty, log_ranges_are_whole_powers, ()) {
    const int from = *rc::gen::inRange(1, 1000);
    const int factor = *rc::gen::inRange(2, 12);
    const int count = *rc::gen::inRange(1, 9);
    std::vector<double> expected;
    std::int64_t value = from;
    for (int i = 0; i < count; ++i, value *= factor) {
        expected.push_back(static_cast<double>(value));
    }
    const std::int64_t to = value / factor + *rc::gen::inRange<std::int64_t>(0, value - value / factor);
    RC_ASSERT(numbers("{log_range: {from: " + std::to_string(from) + ", to: " + std::to_string(to) +
                      ", factor: " + std::to_string(factor) + "}}") == expected);
}

TEST(Sweep, equal_values_are_spelled_alike) {
    const ExperimentSpec spec =
        read(with("sweep:\n  grid: {targets.here.memory_limit_bytes: [4GiB, 4294967296, 1GiB]}\n"
                  "  exclude: [{targets.here.memory_limit_bytes: 4096MiB}]\n"));
    EXPECT_EQ(axis_values(spec, "targets.here.memory_limit_bytes"), (std::vector<std::string>{"4GiB", "4GiB", "1GiB"}));
    ASSERT_EQ(spec.exclude.size(), 1U);
    EXPECT_EQ(spec.exclude[0].equals[0].second, "4GiB");
}

TEST(Sweep, knobs_that_only_together_are_right_may_be_linked) {
    const ExperimentSpec spec =
        read(Text{.workloads = "workloads: {w: {kind: generate, prompts: [a], max_new_tokens: 8}}",
                  .rest = "sweep: {linked: [{workloads.w.min_new_tokens: [32], workloads.w.max_new_tokens: [64]}]}"}
                 .yaml());
    EXPECT_EQ(spec.sweep.size(), 1U);
}

struct Case {
    std::string sweep, code, where, says;
};

TEST(Sweep, what_is_wrong_is_told_with_its_place) {
    const std::vector<Case> cases{
        {"[]", "SPEC_TYPE", "e.yaml:6:8", "needs a map, found a list"},
        {"{grid: []}", "SPEC_TYPE", "e.yaml:6:15", "a map of paths"},
        {"{linked: {}}", "SPEC_TYPE", "e.yaml:6:17", "a list of maps"},
        {"{linked: [[]]}", "SPEC_TYPE", "e.yaml:6:18", "maps of a path and its values"},
        {"{grid: {dtype: [f32]}}", "SWEEP_PATH", "e.yaml:6:16", "did you mean"},
        {"{grid: {load.dtpye: [f32]}}", "SWEEP_PATH", "e.yaml:6:16", "did you mean load.dtype?"},
        {"{grid: {workloads.sped.new_tokens: [1]}}", "SWEEP_PATH", "e.yaml:6:16",
         "did you mean workloads.speed.new_tokens?"},
        {"{grid: {workloads.speed.kind: [null]}}", "SWEEP_PATH", "e.yaml:6:16", "takes one value"},
        {"{grid: {pairings.alone.method: [single]}}", "SWEEP_PATH", "e.yaml:6:16",
         "did you mean pairings.alone.model?"},
        {"{grid: {execution.retries: [1]}}", "SWEEP_PATH", "e.yaml:6:16", "takes one value"},
        {"{grid: {load.dtype: [f32, f33]}}", "SPEC_RANGE", "e.yaml:6:34", "did you mean f32?"},
        {"{grid: {load.context: [1, \"2\"]}}", "SPEC_TYPE", "e.yaml:6:34", "remove the quotes"},
        {"{grid: {load.context: [1, [2]]}}", "SPEC_TYPE", "e.yaml:6:34", "needs plain values"},
        {"{grid: {load.context: []}}", "SPEC_MISSING", "e.yaml:6:30", "empty list"},
        {"{grid: {load.context: }}", "SPEC_TYPE", "e.yaml:6:16", "found nothing"},
        {"{grid: {load.context: {rnage: {from: 1, to: 2}}}}", "SPEC_TYPE", "e.yaml:6:30", "{range: {from, to, step}}"},
        {"{grid: {load.context: {range: {from: 1}}}}", "SPEC_MISSING", "e.yaml:6:38", "needs to"},
        {"{grid: {load.context: {range: {from: 1, to: 2, stop: 1}}}}", "YAML_UNKNOWN_KEY", "e.yaml:6:55",
         "did you mean step?"},
        {"{grid: {load.context: {range: {from: 2, to: 1}}}}", "SPEC_RANGE", "e.yaml:6:38",
         "from 2 to 1, which is lower"},
        {"{grid: {load.context: {range: {from: 1, to: 2, step: 0}}}}", "SPEC_RANGE", "e.yaml:6:61", "step is 0"},
        {"{grid: {load.context: {range: {from: 1, to: 2, step: .5}}}}", "SPEC_TYPE", "e.yaml:6:38", "found 1.5"},
        {"{grid: {load.context: {log_range: {from: 0, to: 2}}}}", "SPEC_RANGE", "e.yaml:6:49", "from is 0"},
        {"{grid: {load.context: {log_range: {from: 1, to: 2, factor: 1}}}}", "SPEC_RANGE", "e.yaml:6:67",
         "factor is 1"},
        {"{grid: {pairings.alone.model: [tinny]}}", "SPEC_REFERENCE", "e.yaml:6:39", "did you mean tiny?"},
        {"{grid: {targets.here.device: [cpu, gpu]}}", "SPEC_RANGE", "e.yaml:6:43", "cpu or cuda:N"},
        {"{grid: {workloads.*.warmup: [1], workloads.speed.warmup: [2]}}", "SWEEP_PATH", "e.yaml:6:41",
         "is swept twice"},
        {"{grid: {load.context: [1]}, linked: [{load.context: [2]}]}", "SWEEP_PATH", "e.yaml:6:46", "is swept twice"},
        {"{linked: [{load.context: [1, 2], load.dtype: [f32]}]}", "SWEEP_LINKED_LENGTH", "e.yaml:6:41",
         "load.context has 2 values, load.dtype has 1"},
        {"{exclude: [{load.context: 1}]}", "SWEEP_PATH", "e.yaml:6:20", "excluded but not swept"},
        {"{grid: {load.context: [1]}, exclude: [{load.context: 2}]}", "SPEC_RANGE", "e.yaml:6:61",
         "the sweep never takes"},
        {"{grid: {load.context: [1]}, exclude: [{load.context: x}]}", "SPEC_TYPE", "e.yaml:6:61", "whole number"},
        {"{grid: {load.context: [1]}, exclude: [{load.context: [1]}]}", "SPEC_TYPE", "e.yaml:6:61", "needs one value"},
        {"{grid: {load.context: [1]}, exclude: {load.context: 1}}", "SPEC_TYPE", "e.yaml:6:45", "a list of maps"},
    };
    for (const Case& one : cases) {
        const Error error = refusal(with("sweep: " + one.sweep + "\n"));
        EXPECT_EQ(error.code, one.code) << one.sweep << "\n" << error.to_string();
        EXPECT_EQ(error.where, one.where) << one.sweep << "\n" << error.to_string();
        EXPECT_NE(error.message.find(one.says), std::string::npos) << one.sweep << "\n" << error.to_string();
        EXPECT_EQ(error.message.find('\n'), std::string::npos) << one.sweep << "\n" << error.message;
    }
}

TEST(Suggestions, the_nearest_word_is_offered_and_a_far_one_is_not) {
    const std::vector<std::string> words{"learning_rate", "seeds", "prompt_tokens"};
    EXPECT_EQ(did_you_mean("lerning_rate", words), "learning_rate");
    EXPECT_EQ(did_you_mean("sedes", words), "seeds");
    EXPECT_EQ(did_you_mean("Seeds", words), "seeds");
    EXPECT_EQ(did_you_mean("promt_token", words), "prompt_tokens");
    EXPECT_EQ(did_you_mean("banana", words), "");
    EXPECT_EQ(did_you_mean("", words), "");
    EXPECT_EQ(did_you_mean(std::string(500, 'a'), {std::string(500, 'a')}), "");
}

}  // namespace
}  // namespace tandem::test
