// Every section of the language, read into its typed form.
#include "tests/experiments/spec/spec_fixture.h"

namespace tandem::test {
namespace {

template <class W>
W workload(const std::string& text) {
    const ExperimentSpec spec = read(Text{.workloads = "workloads: {w: " + text + "}"}.yaml());
    EXPECT_EQ(spec.workloads.size(), 1U);
    return spec.workloads.empty() ? W{} : std::get<W>(spec.workloads[0].workload);
}

TEST(Sections, the_smallest_experiment_has_documented_defaults) {
    const ExperimentSpec spec = read(Text{}.yaml());
    EXPECT_EQ(spec.name, "probe");
    EXPECT_EQ(spec.description, "");
    ASSERT_EQ(spec.models.size(), 1U);
    EXPECT_EQ(spec.models[0].source, "random:smollm2-135m");
    ASSERT_EQ(spec.pairings.size(), 1U);
    EXPECT_EQ(spec.pairings[0].model, "tiny");
    ASSERT_EQ(spec.targets.size(), 1U);
    EXPECT_EQ(spec.targets[0].name, "here");
    EXPECT_EQ(spec.targets[0].host, "local");
    EXPECT_EQ(spec.targets[0].device.device, "cpu");
    EXPECT_EQ(spec.seeds, std::vector<std::uint64_t>{0});
    EXPECT_EQ(spec.load.dtype, Dtype::native);
    EXPECT_EQ(std::get<BenchmarkWorkload>(spec.workloads.at(0).workload).repetitions, 5);
    EXPECT_EQ(spec.execution.on_error, OnError::continue_others);
    EXPECT_TRUE(spec.sweep.empty());
}

TEST(Sections, entries_know_where_they_were_written) {
    const ExperimentSpec spec = read(Text{}.yaml());
    EXPECT_EQ(spec.models[0].position.file, file_name);
    EXPECT_EQ(spec.models[0].position.line, 3);
    EXPECT_EQ(spec.models[0].position.column, 16);
    EXPECT_EQ(spec.workloads[0].position.line, 5);
    EXPECT_EQ(spec.workloads[0].position.column, 20);
}

TEST(Sections, models_take_a_source_in_short_or_at_length) {
    const ExperimentSpec spec =
        read(Text{.models = "models: {tiny: ./a.gguf, 'smollm2-1.7b': {source: some-name}}"}.yaml());
    ASSERT_EQ(spec.models.size(), 2U);
    EXPECT_EQ(spec.models[0].source, "./a.gguf");
    EXPECT_EQ(spec.models[1].name, "smollm2-1.7b");
    EXPECT_EQ(spec.models[1].source, "some-name");
}

TEST(Sections, pairings_take_a_model_in_short_or_with_a_method) {
    const ExperimentSpec spec = read(Text{.pairings = "pairings: {a: tiny, b: {method: single, model: tiny}}"}.yaml());
    ASSERT_EQ(spec.pairings.size(), 2U);
    EXPECT_EQ(spec.pairings[1].method, PairingMethod::single);
    EXPECT_EQ(spec.pairings[1].model, "tiny");
}

TEST(Sections, targets_take_sizes_as_people_write_them) {
    const auto limit = [](const std::string& text) {
        return read(with("targets: {t: {device: cpu, threads: 3, memory_limit_bytes: " + text + "}}"))
            .targets.at(0)
            .device.memory_limit_bytes;
    };
    EXPECT_EQ(limit("4294967296"), std::int64_t{1} << 32);
    EXPECT_EQ(limit("4GiB"), std::int64_t{1} << 32);
    EXPECT_EQ(limit("4 GiB"), std::int64_t{1} << 32);
    EXPECT_EQ(limit("1.5KiB"), 1536);
    EXPECT_EQ(limit("512MB"), 512'000'000);
    EXPECT_EQ(limit("0"), 0);
    EXPECT_EQ(read(with("targets: {t: {device: 'cuda:1'}}")).targets.at(0).device.device, "cuda:1");
}

TEST(Sections, a_benchmark_has_its_knobs) {
    const auto work = workload<BenchmarkWorkload>(
        "{kind: benchmark, prompt_tokens: 7, new_tokens: 8, repetitions: 9, warmup: 0, delay_ms: 11}");
    EXPECT_EQ(work.prompt_tokens, 7);
    EXPECT_EQ(work.new_tokens, 8);
    EXPECT_EQ(work.repetitions, 9);
    EXPECT_EQ(work.warmup, 0);
    EXPECT_EQ(work.delay_ms, 11);
}

TEST(Sections, repetitions_at_the_top_are_for_benchmarks_that_do_not_say) {
    const ExperimentSpec spec =
        read(Text{.workloads = "workloads: {a: {kind: benchmark}, b: {kind: benchmark, repetitions: 2}}",
                  .rest = "repetitions: 9\n"}
                 .yaml());
    EXPECT_EQ(std::get<BenchmarkWorkload>(spec.workloads[0].workload).repetitions, 9);
    EXPECT_EQ(std::get<BenchmarkWorkload>(spec.workloads[1].workload).repetitions, 2);
}

TEST(Sections, generation_has_its_knobs_beside_its_prompts) {
    const auto work = workload<GenerateWorkload>(
        "{kind: generate, prompts: [a, \"2\"], chat: false, system: Be brief., greedy: false, temperature: 1e-3, "
        "top_k: 40, top_p: .9, min_p: 0.05, repetition_penalty: 1.1, max_new_tokens: 12, min_new_tokens: 3, "
        "ignore_eos: true, stop: [\"\\n\\n\", END]}");
    EXPECT_EQ(work.prompts, (std::vector<std::string>{"a", "2"}));
    EXPECT_FALSE(work.chat);
    EXPECT_EQ(work.system, "Be brief.");
    EXPECT_FALSE(work.generation.greedy);
    EXPECT_DOUBLE_EQ(work.generation.temperature, 0.001);
    EXPECT_EQ(work.generation.top_k, 40);
    EXPECT_DOUBLE_EQ(work.generation.top_p, 0.9);
    EXPECT_EQ(work.generation.max_new_tokens, 12);
    EXPECT_EQ(work.generation.min_new_tokens, 3);
    EXPECT_TRUE(work.generation.ignore_eos);
    EXPECT_EQ(work.generation.stop, (std::vector<std::string>{"\n\n", "END"}));
}

TEST(Sections, logits_and_null_workloads) {
    EXPECT_EQ(workload<LogitsWorkload>("{kind: logits, ids: [0, 5, 49151]}").ids,
              (std::vector<std::int64_t>{0, 5, 49151}));
    EXPECT_EQ(workload<LogitsWorkload>("{kind: logits, ids: [7], decoder_ids: [0, 4]}").decoder_ids,
              (std::vector<std::int64_t>{0, 4}));
    EXPECT_EQ(workload<NullWorkload>("{kind: null, observations: 3}").observations, 3);
    EXPECT_EQ(workload<NullWorkload>("{kind: 'null', interval_us: 4}").interval_us, 4);
}

TEST(Sections, prompts_come_from_a_file_one_a_line) {
    const Folder folder;
    folder.write("prompts.txt", "first\r\n\n  second\nthird without end");
    const auto path =
        folder.write("e.yaml", Text{.workloads = "workloads: {w: {kind: generate, prompts_file: prompts.txt}}"}.yaml());
    const Result<ExperimentSpec> spec = read_experiment(path);
    ASSERT_TRUE(spec.ok()) << spec.error().to_string();
    EXPECT_EQ(std::get<GenerateWorkload>(spec->workloads[0].workload).prompts,
              (std::vector<std::string>{"first", "  second", "third without end"}));
}

TEST(Sections, prompt_files_outside_the_folder_missing_empty_or_binary_are_refused) {
    const Folder folder;
    folder.write("empty.txt", "\n\n");
    folder.write("binary.txt", std::string("a\0b", 3));
    std::filesystem::create_symlink("/etc/hostname", folder.path() / "link.txt");
    const auto code = [&](const std::string& name) {
        const auto path = folder.write(
            "e.yaml", Text{.workloads = "workloads: {w: {kind: generate, prompts_file: " + name + "}}"}.yaml());
        const Result<ExperimentSpec> spec = read_experiment(path);
        EXPECT_FALSE(spec.ok()) << name;
        EXPECT_EQ(spec.error().where, path.string() + ":5:47") << name;
        return spec.error().code;
    };
    EXPECT_EQ(code("/etc/hostname"), "PATH_ESCAPES");
    EXPECT_EQ(code("../hostname.txt"), "PATH_ESCAPES");
    EXPECT_EQ(code("link.txt"), "PATH_ESCAPES");
    EXPECT_EQ(code("none.txt"), "FILE_NOT_FOUND");
    EXPECT_EQ(code("."), "FILE_READ");
    EXPECT_EQ(code("empty.txt"), "SPEC_MISSING");
    EXPECT_EQ(code("binary.txt"), "SPEC_TYPE");
}

TEST(Sections, load_and_execution) {
    const ExperimentSpec spec =
        read(with("load: {dtype: int8, context: 512}\n"
                  "execution: {on_error: stop, retries: 2, parallel: 4, timeout_s: 60}\n"));
    EXPECT_EQ(spec.load.dtype, Dtype::int8);
    EXPECT_EQ(spec.load.context, 512);
    EXPECT_EQ(spec.execution.on_error, OnError::stop);
    EXPECT_EQ(spec.execution.retries, 2);
    EXPECT_EQ(spec.execution.parallel, 4);
    EXPECT_EQ(spec.execution.timeout_s, 60);
}

TEST(Sections, seeds_are_a_list_one_number_or_a_range) {
    EXPECT_EQ(read(with("seeds: [3, 1, 2]")).seeds, (std::vector<std::uint64_t>{3, 1, 2}));
    EXPECT_EQ(read(with("seeds: 7")).seeds, (std::vector<std::uint64_t>{7}));
    EXPECT_EQ(read(with("seeds: {range: {from: 1, to: 4}}")).seeds, (std::vector<std::uint64_t>{1, 2, 3, 4}));
    EXPECT_EQ(read(with("seeds: [9223372036854775807]")).seeds, (std::vector<std::uint64_t>{9223372036854775807U}));
}

TEST(Sections, text_may_look_like_a_date_and_a_description_may_have_lines) {
    const ExperimentSpec spec =
        read(Text{.name = "name: 2026-01-01", .rest = "description: |\n  one\n  two: 3\n"}.yaml());
    EXPECT_EQ(spec.name, "2026-01-01");
    EXPECT_EQ(spec.description, "one\ntwo: 3\n");
}

TEST(Sections, comments_directives_and_a_byte_order_mark_are_allowed) {
    EXPECT_EQ(read("\xEF\xBB\xBF%YAML 1.2\n---\n# a comment\n" + Text{}.yaml() + "...\n").name, "probe");
}

TEST(Sections, the_stored_document_means_the_same) {
    const std::string yaml =
        Text{
            .workloads =
                "workloads: {w: {kind: generate, prompts: [\"2\", \"true\", 'a: b', \"x\\ny\", '# no', '', \"null\"]}, "
                "s: {kind: benchmark}}",
            .rest = "seeds: [1, 2]\nsweep: {grid: {load.dtype: [f32, int8]}}\n"}
            .yaml();
    const ExperimentSpec first = read(yaml);
    const ExperimentSpec again = read(first.resolved_yaml);
    EXPECT_EQ(std::get<GenerateWorkload>(again.workloads[0].workload).prompts,
              std::get<GenerateWorkload>(first.workloads[0].workload).prompts);
    EXPECT_EQ(again.seeds, first.seeds);
    EXPECT_EQ(axis_values(again, "load.dtype"), axis_values(first, "load.dtype"));
    EXPECT_EQ(again.resolved_yaml, first.resolved_yaml);
}

TEST(Sections, the_catalogue_is_sound) {
    int experiments = 0;
    for (const auto& entry : std::filesystem::directory_iterator(TANDEM_SOURCE_DIR "/experiments/catalog")) {
        if (entry.path().extension() == ".yaml" && entry.path().filename() != "models.yaml") {
            const Result<ExperimentSpec> spec = read_experiment(entry.path());
            EXPECT_TRUE(spec.ok()) << spec.error().to_string();
            ++experiments;
        }
    }
    EXPECT_GE(experiments, 3);
}

}  // namespace
}  // namespace tandem::test
