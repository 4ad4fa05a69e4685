// A trial is what can change its result: no more (names, places, order of keys) and no less (every knob, the model's
// bytes, the seed, the engine; the machine where time is measured).
#include <gtest/gtest.h>
// rapidcheck/gtest.h needs gtest before it.
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <optional>
#include <set>

#include "tests/experiments/plan/plan_fixture.h"

namespace tandem::test {
namespace {

Job job_of(Workload workload) {
    Job job;
    job.pairing.model = {.name = "m", .location = "here.gguf", .sha256 = std::string(64, 'a')};
    job.workload = std::move(workload);
    job.seed = 1;
    return job;
}

std::string identity(const Job& job, const std::string& machine = "machine", const std::string& engine = "1") {
    return sha256_hex(trial_identity_json(job, "local", machine, engine));
}

std::vector<Workload> all_workloads() {
    GenerateWorkload generate;
    generate.prompts = {"a"};
    generate.generation.stop = {"x"};
    EvaluateWorkload evaluate;
    evaluate.task.generation.stop = {"x"};
    TrainWorkload train;
    train.task.generation.stop = {"x"};
    return {generate, BenchmarkWorkload{}, LogitsWorkload{.ids = {1}, .decoder_ids = {0}}, evaluate,
            train,    NullWorkload{}};
}

// Another value of the same type that the knob may take.
void change(bool& value) {
    value = !value;
}
void change(std::int64_t& value) {
    ++value;
}
void change(double& value) {
    value = value == 0 ? 0.5 : value * 0.75;
}
void change(std::string& value) {
    value += "x";
}
void change(DataFile& value) {
    value.sha256 += "x";  // the path may change
}
template <class E>
requires std::is_enum_v<E>
void change(E& value) {
    value = EnumNames<E>::values[value == EnumNames<E>::values[0].first ? 1 : 0].first;
}
template <class T>
void change(std::vector<T>& values) {
    change(values.at(0));
}

template <class T>
void change(std::optional<T>& value) {
    if (!value) {
        value = T{};
    }
    change(*value);
}

// Calls with each knob of `options` changed in turn, and whether it is declared to change results.
template <class Options, class Each>
void each_change(Options& options, Each&& each) {
    std::size_t count = 0;
    Options::visit(options, [&](const FieldInfo&, auto&) { ++count; });
    for (std::size_t chosen = 0; chosen < count; ++chosen) {
        const Options before = options;
        std::size_t at = 0;
        bool matters = true;
        std::string name;
        Options::visit(options, [&](const FieldInfo& info, auto& field) {
            if (at++ == chosen) {
                change(field);
                matters = info.changes_result;
                name = info.name;
            }
        });
        each(name, matters);
        options = before;
    }
}

TEST(Identity, every_knob_that_changes_the_result_changes_it_and_each_differently) {
    for (const Workload& workload : all_workloads()) {
        Job job = job_of(workload);
        // How an adapter is used changes nothing where there is none.
        job.pairing.model.adapter = "adapter";
        job.pairing.model.adapter_sha256 = std::string(64, 'c');
        const Job as_before = job;
        const std::string before = identity(job);
        std::set<std::string> seen{before, identity(job_of(workload))};
        const auto check = [&](const std::string& name, bool matters) {
            const std::string after = identity(job);
            if (matters) {
                EXPECT_TRUE(seen.insert(after).second) << workload_kind(workload) << " " << name;
            } else {
                EXPECT_EQ(after, before) << workload_kind(workload) << " " << name;
            }
        };
        each_change(job.load, check);
        each_change(job.device, check);
        std::visit([&](auto& options) { each_change(options, check); }, job.workload);
        job.seed = 2;
        check("seed", true);
        job.seed = 1;
        job.pairing.model.sha256[63] = 'b';
        check("model", true);
        job = as_before;
        EXPECT_EQ(identity(job), before);
        job.pairing.model.adapter_sha256[63] = 'd';
        check("adapter", true);
        job.pairing.model.adapter.clear();
        const std::string without = identity(job);
        job.load.adapter_mode = AdapterMode::merge;
        EXPECT_EQ(identity(job), without);
    }
}

TEST(Identity, a_knob_that_came_later_is_left_out_where_it_is_off) {
    Job job = job_of(BenchmarkWorkload{});
    EXPECT_EQ(trial_identity_json(job, "local", "m", "1").find("prefix_reuse"), std::string::npos);
    job.workload = BenchmarkWorkload{.prefix_reuse = PrefixReuse::exact};
    EXPECT_NE(trial_identity_json(job, "local", "m", "1").find(R"("prefix_reuse":"exact")"), std::string::npos);
}

TEST(Identity, kinds_with_the_same_knobs_differ) {
    std::set<std::string> seen;
    for (const Workload& workload : all_workloads()) {
        EXPECT_TRUE(seen.insert(identity(job_of(workload))).second);
    }
}

TEST(Identity, names_and_places_are_left_out) {
    for (const Workload& workload : all_workloads()) {
        Job job = job_of(workload);
        const std::string before = identity(job);
        job.pairing.model.name = "another name";
        job.pairing.model.location = "/another/place.gguf";
        EXPECT_EQ(identity(job), before);
    }
}

TEST(Identity, the_machine_counts_where_time_is_measured_and_the_engine_always) {
    for (const Workload& workload : all_workloads()) {
        const Job job = job_of(workload);
        EXPECT_EQ(identity(job, "one") != identity(job, "two"), is_timing(workload)) << workload_kind(workload);
        EXPECT_NE(identity(job, "one", "1"), identity(job, "one", "2"));
    }
}

TEST(Identity, hashes_are_those_of_the_standard) {
    // FIPS 180-4 example vectors.
    EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Identity, is_canonical_json_that_must_not_change_without_notice) {
    Job job = job_of(BenchmarkWorkload{});
    EXPECT_EQ(trial_identity_json(job, "local", "m", "1"),
              R"({"engine":"1","host":"local","job":{"device":{"device":"cpu","memory_limit_bytes":0,"threads":0},)"
              R"("load":{"context":0,"dtype":"native"},"method":"single","model":")" +
                  std::string(64, 'a') +
                  R"(","seed":1,"workload":{"delay_ms":0,"kind":"benchmark","new_tokens":64,"prompt_tokens":512,)"
                  R"("repetitions":5,"warmup":1}},"machine":"m"})");
}

std::set<std::string> ids(const Plan& plan) {
    std::set<std::string> out;
    for (const Trial& trial : plan.trials) {
        out.insert(trial.id);
    }
    return out;
}

std::set<std::string> ids(const std::string& yaml, const std::vector<Override>& overrides = {}) {
    const ExperimentSpec spec = parse(yaml, overrides);
    return ids(plan_of(spec, inputs_for(spec)));
}

TEST(Identity, the_same_experiment_in_other_words_means_the_same_trials) {
    const std::string tail = "workloads: {w: {kind: benchmark, prompt_tokens: 64, warmup: 1}}\n";
    const std::set<std::string> plain = ids(head() + tail + "load: {dtype: f32, context: 128}\nseeds: [1, 2]\n");
    EXPECT_EQ(plain.size(), 2U);
    // Other order, other names, defaults spelled out, a description, execution knobs.
    EXPECT_EQ(
        ids("seeds: [2, 1]\nload: {context: 128, dtype: f32}\nworkloads: {other: {warmup: 1, prompt_tokens: 64, "
            "repetitions: 5, kind: benchmark}}\npairings: {q: {model: z, method: single}}\nmodels: {z: elsewhere}\n"
            "targets: {there: {host: local, device: cpu, threads: 0}}\nexecution: {retries: 3, timeout_s: 9}\n"
            "description: x\nname: renamed\ntandem: 1\n"),
        plain);
    // From the command line.
    EXPECT_EQ(ids(head() + tail, {{"load", "{dtype: f32, context: 128}"}, {"seeds", "[1, 2]"}}), plain);
    // As sweeps.
    EXPECT_EQ(ids(head() + tail + "seeds: [1, 2]\nsweep: {grid: {load.dtype: f32, load.context: [128, +128]}}\n"),
              plain);
    EXPECT_EQ(ids(head() + tail + "seeds: [1, 2]\nsweep: {linked: [{load.dtype: [f32], load.context: [128]}]}\n"),
              plain);
}

TEST(Identity, a_number_has_one_identity_however_it_is_spelled) {
    const auto with_top_p = [](const std::string& value) {
        return ids(head() + "workloads: {w: {kind: generate, prompts: [a], top_p: " + value + "}}\n");
    };
    EXPECT_EQ(with_top_p("0"), with_top_p("-0"));
    EXPECT_EQ(with_top_p("0"), with_top_p("0.0"));
    EXPECT_EQ(with_top_p("0.5"), with_top_p("5e-1"));
    EXPECT_NE(with_top_p("0.5"), with_top_p("0.50000001"));
}

TEST(Identity, prompts_from_a_list_and_sweeps_of_one_value_merge) {
    const ExperimentSpec spec = parse(head() +
                                      "workloads: {a: {kind: benchmark}, b: {kind: benchmark, warmup: 1}}\n"
                                      "sweep: {grid: {targets.here.memory_limit_bytes: [1GiB, 1024MiB, 2GiB]}}\n");
    const Plan plan = plan_of(spec, inputs_for(spec));
    EXPECT_EQ(plan.trials.size(), 2U);
    EXPECT_EQ(plan.duplicates, 4);
    EXPECT_EQ(plan.trials[0].workload, "a");
}

RC_GTEST_PROP(IdentityProperty, shuffled_knobs_and_renamed_entries_keep_every_trial, ()) {
    std::vector<std::string> knobs{"prompt_tokens: 17", "new_tokens: 5", "repetitions: 2",
                                   "warmup: 0",         "delay_ms: 3",   "kind: benchmark"};
    std::vector<std::string> sections{
        "models: {MODEL: s}",         "pairings: {PAIR: MODEL}",
        "workloads: {WORK: {KNOBS}}", "load: {dtype: bf16}",
        "seeds: [1, 2, 3]",           "sweep: {grid: {workloads.WORK.prompt_tokens: [1, 2], load.context: [8, 9]}}"};
    const auto shuffled = [](std::vector<std::string> list) {
        for (std::size_t i = list.size(); i > 1; --i) {
            std::swap(list[i - 1], list[*rc::gen::inRange<std::size_t>(0, i)]);
        }
        return list;
    };
    const auto document = [](const std::vector<std::string>& parts, const std::vector<std::string>& inner,
                             const std::string& suffix) {
        std::string knob_list;
        for (const std::string& knob : inner) {
            knob_list += (knob_list.empty() ? "" : ", ") + knob;
        }
        std::string text = "tandem: 1\nname: n" + suffix + "\n";
        for (std::string part : parts) {
            for (const auto& [word, with] : {std::pair<std::string, std::string>{"KNOBS", knob_list},
                                             {"MODEL", "m" + suffix},
                                             {"PAIR", "p" + suffix},
                                             {"WORK", "w" + suffix}}) {
                for (std::size_t at = part.find(word); at != std::string::npos; at = part.find(word)) {
                    part.replace(at, word.size(), with);
                }
            }
            text += part + "\n";
        }
        return text;
    };
    const std::string suffix = *rc::gen::container<std::string>(5, rc::gen::inRange('a', 'z'));
    const std::set<std::string> before = ids(document(sections, knobs, ""));
    RC_ASSERT(before.size() == 12U);
    RC_ASSERT(ids(document(shuffled(sections), shuffled(knobs), suffix)) == before);
}

}  // namespace
}  // namespace tandem::test
