// Experiments that build on others, and values from the command line.
#include "tests/experiments/spec/spec_fixture.h"

namespace tandem::test {
namespace {

TEST(Base, maps_merge_lists_and_values_replace_and_an_empty_value_removes) {
    const Folder folder;
    folder.write("parts/common.yaml",
                 "tandem: 1\nname: common\ndescription: old\nmodels: {a: x, b: y}\npairings: {p: a}\n"
                 "workloads: {w: {kind: benchmark, prompt_tokens: 7, new_tokens: 8}}\nseeds: [1, 2]\n"
                 "load: {dtype: f32, context: 64}\n");
    const auto path = folder.write("e.yaml",
                                   "tandem: 1\nbase: parts/common.yaml\nname: mine\ndescription:\n"
                                   "workloads: {w: {new_tokens: 9}, v: {kind: benchmark}}\nseeds: [3]\n"
                                   "load: {dtype: int8}\nmodels: {b: z}\n");
    const Result<ExperimentSpec> spec = read_experiment(path);
    ASSERT_TRUE(spec.ok()) << spec.error().to_string();
    EXPECT_EQ(spec->name, "mine");
    EXPECT_EQ(spec->description, "");
    ASSERT_EQ(spec->models.size(), 2U);
    EXPECT_EQ(spec->models[1].source, "z");
    EXPECT_EQ(spec->models[0].position.file, (folder.path() / "parts/common.yaml").string());
    EXPECT_EQ(spec->models[1].position.file, path.string());
    EXPECT_EQ(std::get<BenchmarkWorkload>(spec->workloads[0].workload).prompt_tokens, 7);
    EXPECT_EQ(std::get<BenchmarkWorkload>(spec->workloads[0].workload).new_tokens, 9);
    EXPECT_EQ(spec->workloads.size(), 2U);
    EXPECT_EQ(spec->seeds, std::vector<std::uint64_t>{3});
    EXPECT_EQ(spec->load.dtype, Dtype::int8);
    EXPECT_EQ(spec->load.context, 64);
    EXPECT_EQ(spec->resolved_yaml.find("base"), std::string::npos);
}

TEST(Base, chains_are_resolved_from_the_file_that_says_them) {
    const Folder folder;
    folder.write("a/one.yaml", with("load: {context: 1}\nseeds: [1]\n"));
    folder.write("a/two.yaml", "tandem: 1\nbase: one.yaml\nload: {context: 2}\n");
    folder.write("three.yaml", "tandem: 1\nbase: ./a/two.yaml\nload: {dtype: f32}\n");
    const Result<ExperimentSpec> spec = read_experiment(folder.path() / "three.yaml");
    ASSERT_TRUE(spec.ok()) << spec.error().to_string();
    EXPECT_EQ(spec->load.context, 2);
    EXPECT_EQ(spec->load.dtype, Dtype::f32);
    EXPECT_EQ(spec->seeds, std::vector<std::uint64_t>{1});
}

TEST(Base, prompt_files_belong_to_the_file_that_names_them) {
    const Folder folder;
    folder.write("a/p.txt", "hello\n");
    folder.write("a/one.yaml", Text{.workloads = "workloads: {w: {kind: generate, prompts_file: p.txt}}"}.yaml());
    const Result<ExperimentSpec> spec = read_experiment(folder.write("e.yaml", "tandem: 1\nbase: a/one.yaml\n"));
    ASSERT_TRUE(spec.ok()) << spec.error().to_string();
    EXPECT_EQ(std::get<GenerateWorkload>(spec->workloads[0].workload).prompts, std::vector<std::string>{"hello"});
}

TEST(Base, cycles_long_chains_and_ways_out_of_the_folder_are_refused) {
    const Folder folder;
    const auto refused = [&](const std::string& name) {
        const Result<ExperimentSpec> spec = read_experiment(folder.path() / name);
        EXPECT_FALSE(spec.ok()) << name;
        return spec.error();
    };
    folder.write("self.yaml", "tandem: 1\nbase: self.yaml\n");
    EXPECT_EQ(refused("self.yaml").code, "BASE_CYCLE");
    EXPECT_EQ(refused("self.yaml").where, (folder.path() / "self.yaml").string() + ":2:7");
    folder.write("x.yaml", "tandem: 1\nbase: ./y.yaml\n");
    folder.write("y.yaml", "tandem: 1\nbase: sub/../x.yaml\n");
    std::filesystem::create_directory(folder.path() / "sub");
    EXPECT_EQ(refused("x.yaml").code, "BASE_CYCLE");
    EXPECT_EQ(refused("x.yaml").where, (folder.path() / "./y.yaml").string() + ":2:7");
    for (int i = 0; i < 9; ++i) {
        folder.write("c" + std::to_string(i) + ".yaml", "tandem: 1\nbase: c" + std::to_string(i + 1) + ".yaml\n");
    }
    folder.write("c9.yaml", Text{}.yaml());
    EXPECT_EQ(refused("c0.yaml").code, "BASE_TOO_DEEP");
    EXPECT_TRUE(read_experiment(folder.path() / "c2.yaml").ok());
    folder.write("e.yaml", "tandem: 1\nbase: ../e.yaml\n");
    EXPECT_EQ(refused("e.yaml").code, "PATH_ESCAPES");
    folder.write("e.yaml", "tandem: 1\nbase: /etc/hostname\n");
    EXPECT_EQ(refused("e.yaml").code, "PATH_ESCAPES");
    folder.write("e.yaml", "tandem: 1\nbase: none.yaml\n");
    EXPECT_EQ(refused("e.yaml").code, "FILE_NOT_FOUND");
    folder.write("e.yaml", "tandem: 1\nbase: [a]\n");
    EXPECT_EQ(refused("e.yaml").code, "SPEC_TYPE");
    folder.write("e.yaml", "tandem: 1\nbase: sub\n");
    EXPECT_EQ(refused("e.yaml").code, "FILE_READ");
}

TEST(Base, faults_of_both_files_are_told_with_their_own_places) {
    const Folder folder;
    folder.write("one.yaml", with("load: {dtype: f33}\n"));
    const auto path = folder.write("e.yaml", "tandem: 1\nbase: one.yaml\nseeds: [x]\n");
    const Error error = read_experiment(path).error();
    EXPECT_NE(error.message.find((folder.path() / "one.yaml").string() + ":6:15"), std::string::npos) << error.message;
    EXPECT_NE(error.message.find(path.string() + ":3:9"), std::string::npos) << error.message;
}

TEST(Set, a_value_from_the_command_line_equals_one_that_is_written) {
    const std::string sweep = "sweep: {grid: {workloads.speed.prompt_tokens: [1, 2]}}\n";
    const ExperimentSpec written =
        read(with("load: {dtype: int8, context: 64}\nseeds: [4, 5]\nrepetitions: 3\n" + sweep));
    const ExperimentSpec set =
        read(with(sweep),
             {{"load.dtype", "int8"}, {"load.context", " 64 # tokens"}, {"seeds", "[4, 5]"}, {"repetitions", "3"}});
    EXPECT_EQ(set.load.dtype, written.load.dtype);
    EXPECT_EQ(set.load.context, written.load.context);
    EXPECT_EQ(set.seeds, written.seeds);
    EXPECT_EQ(std::get<BenchmarkWorkload>(set.workloads[0].workload).repetitions, 3);
}

TEST(Set, new_keys_maps_names_with_dots_and_sweep_paths) {
    const ExperimentSpec spec = read(with(""), {{"models.llama-3.2", "random:llama-3.2-1b"},
                                                {"models.tiny", "other"},
                                                {"pairings.two", "llama-3.2"},
                                                {"models.a.b.source", "deep"},
                                                {"workloads.answers", "{kind: generate, prompts: [a, b]}"},
                                                {"sweep.grid.workloads.speed.prompt_tokens", "[1, 2]"},
                                                {"sweep.grid.load.dtype", "{log_range: {from: 1, to: 2}}"},
                                                {"sweep.grid.load.dtype", "[f32]"}});
    ASSERT_EQ(spec.models.size(), 3U);
    EXPECT_EQ(spec.models[0].source, "other");
    EXPECT_EQ(spec.models[1].name, "llama-3.2");
    EXPECT_EQ(spec.models[2].name, "a.b");
    EXPECT_EQ(spec.models[2].source, "deep");
    EXPECT_EQ(spec.pairings.back().model, "llama-3.2");
    EXPECT_EQ(spec.workloads.size(), 2U);
    EXPECT_EQ(axis_values(spec, "workloads.speed.prompt_tokens"), (std::vector<std::string>{"1", "2"}));
    EXPECT_EQ(axis_values(spec, "load.dtype"), std::vector<std::string>{"f32"});
}

TEST(Set, faults_name_the_flag) {
    const auto set = [](const std::string& path, const std::string& value, const std::string& rest = "") {
        const Error error = refusal(with(rest), {{path, value}});
        EXPECT_TRUE(error.where.starts_with("--set " + path)) << error.to_string();
        return error;
    };
    EXPECT_EQ(set("load.dtype", "f33").code, "SPEC_RANGE");
    EXPECT_EQ(set("load.context", "\"64\"").code, "SPEC_TYPE");
    EXPECT_EQ(set("load.dtyp", "f32").code, "YAML_UNKNOWN_KEY");
    EXPECT_NE(set("load.dtyp", "f32").message.find("did you mean dtype?"), std::string::npos);
    EXPECT_EQ(set("name.first", "x").code, "SPEC_TYPE");
    EXPECT_EQ(set("models.tiny.source", "x").code, "SPEC_TYPE");  // tiny is written in short
    EXPECT_EQ(set("", "x").code, "SPEC_MISSING");
    EXPECT_EQ(set("load..dtype", "x").code, "SPEC_MISSING");
    EXPECT_EQ(set("load.dtype", "[").code, "YAML_SYNTAX");
    EXPECT_EQ(set("load.dtype", "*a").code, "YAML_ALIAS_REFUSED");
    EXPECT_EQ(set("load", "{dtype: f32, dtype: f32}").code, "YAML_DUPLICATE_KEY");
    EXPECT_EQ(set("load.dtype", "").code, "SPEC_TYPE");
    EXPECT_EQ(set("a" + std::string(70, '.') + "b", "1").code, "SPEC_MISSING");
    std::string deep = "a";
    for (int i = 0; i < 70; ++i) {
        deep += ".a";
    }
    EXPECT_EQ(set(deep, "1").code, "YAML_TOO_DEEP");
    // These two were read before the command line could change them.
    EXPECT_EQ(set("base", "other.yaml").code, "SPEC_CONFLICT");
    EXPECT_EQ(set("tandem", "2").code, "SPEC_CONFLICT");
}

TEST(Set, a_swept_knob_cannot_be_fixed_in_vain) {
    const auto refused = [](const std::string& path, const std::string& sweep) {
        return refusal(with("sweep: " + sweep), {{path, "3"}});
    };
    const Error grid = refused("load.context", "{grid: {load.context: [1, 2]}}");
    EXPECT_EQ(grid.code, "SWEEP_PATH");
    EXPECT_NE(grid.message.find("use --set sweep.grid.load.context=3"), std::string::npos) << grid.message;
    EXPECT_NE(grid.message.find("e.yaml:6:16"), std::string::npos) << grid.message;
    EXPECT_EQ(refused("load.context", "{linked: [{load.context: [1], workloads.speed.warmup: [1]}]}").code,
              "SWEEP_PATH");
    const Error wild = refused("workloads.speed.warmup", "{grid: {workloads.*.warmup: [1, 2]}}");
    EXPECT_EQ(wild.code, "SWEEP_PATH");
    EXPECT_NE(wild.message.find("--set sweep.grid.workloads.*.warmup=3"), std::string::npos) << wild.message;
    const ExperimentSpec narrowed =
        read(with("sweep: {grid: {workloads.*.warmup: [1, 2]}}"), {{"sweep.grid.workloads.*.warmup", "3"}});
    EXPECT_EQ(axis_values(narrowed, "workloads.*.warmup"), std::vector<std::string>{"3"});
}

TEST(Set, a_base_is_changed_too) {
    const Folder folder;
    folder.write("one.yaml", with("load: {context: 1}\n"));
    const Result<ExperimentSpec> spec =
        read_experiment(folder.write("e.yaml", "tandem: 1\nbase: one.yaml\n"), {{"load.context", "5"}});
    ASSERT_TRUE(spec.ok()) << spec.error().to_string();
    EXPECT_EQ(spec->load.context, 5);
}

}  // namespace
}  // namespace tandem::test
