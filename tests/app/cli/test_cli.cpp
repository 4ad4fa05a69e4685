#include <gtest/gtest.h>
#include <signal.h>

#include <nlohmann/json.hpp>

#include "tests/app/cli/program_run.h"

namespace tandem::test {
namespace {

using nlohmann::json;

class Cli : public testing::Test {
protected:
    std::string experiment(const std::string& model = "none", const std::string& workload = "observations: 3") {
        const auto file = program_.folder() / "idle.yaml";
        write_file(file, "tandem: 1\nname: idle\nmodels: {" + model + ": random:smollm2-135m}\npairings: {alone: " +
                             model + "}\nworkloads: {idle: {kind: \"null\", " + workload + "}}\nseeds: [1, 2, 3]\n");
        return file;
    }
    Said run(const std::vector<std::string>& arguments) { return program_.run(arguments); }

    Program program_;
};

json parsed(const Said& said) {
    const json document = json::parse(said.out, nullptr, false);
    EXPECT_FALSE(document.is_discarded()) << "not one JSON document: " << said.out;
    return document;
}

// --- words and options ---

TEST_F(Cli, help_and_version_go_to_stdout_and_exit_0) {
    const Said help = run({"--help"});
    EXPECT_EQ(help.code, 0);
    for (const char* command :
         {"run", "plan", "results", "compare", "report", "bench", "generate", "model", "score", "device", "doctor"}) {
        EXPECT_NE(help.out.find(std::string("  ") + command), std::string::npos) << command;
    }
    EXPECT_EQ(help.err, "");
    EXPECT_EQ(run({"model", "--help"}).code, 0);
    EXPECT_TRUE(run({"--version"}).out.starts_with("tandem 0."));
    EXPECT_EQ(run({}).code, 2);
}

TEST_F(Cli, unknown_words_get_a_suggestion_and_exit_2) {
    const auto said = [&](std::vector<std::string> arguments) {
        const Said answer = run(arguments);
        EXPECT_EQ(answer.code, 2) << answer.err;
        EXPECT_EQ(answer.out, "");
        return answer.err;
    };
    EXPECT_NE(said({"rum"}).find("there is no command 'rum'; did you mean run?"), std::string::npos);
    EXPECT_NE(said({"model", "lst"}).find("did you mean list?"), std::string::npos);
    EXPECT_NE(said({"plan", "x.yaml", "--jsn"}).find("no option '--jsn'; did you mean --json?"), std::string::npos);
    EXPECT_NE(said({"bench", "m", "-n", "0"}).find("allowed are 1 to 1048576"), std::string::npos);
    EXPECT_NE(said({"generate", "m", "--prompt", "x", "--temperature", "nan"}).find("found nan, allowed are 0.0001"),
              std::string::npos);
    EXPECT_NE(said({"generate", "m", "--prompt", "x", "--min-new-tokens", "9", "--max-new-tokens", "5"})
                  .find("--min-new-tokens is 9"),
              std::string::npos);
    EXPECT_NE(said({"generate", "m", "--prompt", "x", "--beams", "2", "--sample"}).find("OPTION_CONFLICT: --beams 2"),
              std::string::npos);
    EXPECT_NE(said({"bench", "m", "--dtype", "f3"}).find("f3 not in {native,f32,bf16,f16,int8,int4}"),
              std::string::npos);
    EXPECT_NE(said({"run"}).find("`tandem run` needs file"), std::string::npos);
    EXPECT_NE(said({"model"}).find("`tandem model` needs one of the commands list, add, info"), std::string::npos);
    EXPECT_NE(run({"results", "--json", "--format", "csv"}).err.find("--format excludes --json"), std::string::npos);
    EXPECT_NE(said({"generate", "m"}).find("`tandem generate` needs --prompt; `tandem generate --help`"),
              std::string::npos);
}

TEST_F(Cli, errors_name_code_place_and_way_out_and_json_has_them_as_a_document) {
    const Said plain = run({"model", "info", "smolm2"});
    EXPECT_EQ(plain.code, 2);
    EXPECT_EQ(plain.out, "");
    EXPECT_TRUE(plain.err.starts_with("error: MODEL_NOT_FOUND: ")) << plain.err;
    EXPECT_TRUE(plain.err.ends_with(", at smolm2\n")) << plain.err;
    const Said said = run({"model", "info", "smolm2", "--json"});
    EXPECT_EQ(said.code, 2);
    EXPECT_EQ(parsed(said).at("error").at("code"), "MODEL_NOT_FOUND");
    EXPECT_EQ(parsed(run({"plan", "--json", "--wrong", "x"})).at("error").at("code"), "USAGE");
}

// --- run, plan ---

TEST_F(Cli, plan_says_what_would_run_and_writes_nothing) {
    const Said said = run({"plan", experiment(), "--json"});
    ASSERT_EQ(said.code, 0) << said.err;
    const json plan = parsed(said);
    EXPECT_EQ(plan.at("count"), 3);
    EXPECT_EQ(plan.at("to_run"), 3);
    EXPECT_EQ(plan.at("trials").at(0).at("reason"), "new");
    EXPECT_TRUE(plan.at("trials").at(0).at("estimate").contains("memory_bytes"));
    const Said text = run({"plan", experiment()});
    EXPECT_NE(text.out.find("3 trials: 3 to run"), std::string::npos) << text.out;
    EXPECT_EQ(run({"run", "--dry-run", experiment()}).out, text.out);
    EXPECT_FALSE(std::filesystem::exists(program_.database()));
}

TEST_F(Cli, run_stores_shows_a_table_and_repeats_nothing) {
    const Said first = run({"run", experiment()});
    ASSERT_EQ(first.code, 0) << first.err;
    EXPECT_NE(first.out.find("results: " + program_.database().string()), std::string::npos) << first.out;
    EXPECT_NE(first.err.find("3 done"), std::string::npos);
    EXPECT_EQ(first.out.find('\033'), std::string::npos) << "colour without a terminal";
    EXPECT_EQ(first.err.find('\033'), std::string::npos);
    const json second = parsed(run({"run", experiment(), "--json"}));
    EXPECT_EQ(second.at("done"), 0);
    EXPECT_EQ(second.at("skipped"), 3);
    EXPECT_EQ(second.at("trials").size(), 3U);
    const json results = parsed(run({"results", "--json"}));
    EXPECT_EQ(results.at("trials").size(), 3U);
}

TEST_F(Cli, set_changes_the_experiment_and_bad_settings_exit_2) {
    EXPECT_EQ(parsed(run({"plan", experiment(), "--set", "seeds=[7]", "--json"})).at("count"), 1);
    const Said syntax = run({"run", experiment(), "--set", "seeds"});
    EXPECT_EQ(syntax.code, 2);
    EXPECT_NE(syntax.err.find("SET_SYNTAX"), std::string::npos);
    const Said unknown = run({"run", experiment(), "--set", "workloads.idle.observation=3"});
    EXPECT_EQ(unknown.code, 2);
    EXPECT_NE(unknown.err.find("did you mean"), std::string::npos) << unknown.err;
    EXPECT_FALSE(std::filesystem::exists(program_.database()));
}

TEST_F(Cli, failed_trials_exit_3_and_the_others_are_stored) {
    const Said said = run({"run", experiment("fails")});
    EXPECT_EQ(said.code, 3);
    EXPECT_NE(said.err.find("TEST_FAILED"), std::string::npos) << said.err;
    EXPECT_NE(said.err.find("3 failed"), std::string::npos);
    EXPECT_NE(said.out.find("failed"), std::string::npos);
}

TEST_F(Cli, trials_left_out_after_a_failure_are_counted) {
    const Said said = run({"run", experiment("fails"), "--set", "execution.on_error=stop"});
    EXPECT_EQ(said.code, 3);
    EXPECT_NE(said.err.find("1 failed"), std::string::npos) << said.err;
    EXPECT_NE(said.err.find("2 not run (execution.on_error is stop"), std::string::npos) << said.err;
    const json again = parsed(run({"run", experiment("fails"), "--set", "execution.on_error=stop", "--json"}));
    EXPECT_EQ(again.at("failed"), 1);
    EXPECT_EQ(again.at("not_run"), 2);
}

TEST_F(Cli, a_trial_that_a_dead_run_left_is_shown_as_interrupted) {
    const auto events = program_.folder() / "events.jsonl";
    program_.start({"run", experiment("hang"), "--events", events});
    ASSERT_TRUE(program_.wait_for_lines(events, 2));
    program_.signal(SIGKILL);
    EXPECT_EQ(program_.end().code, 128 + SIGKILL);
    const json trials = parsed(run({"results", "--json"})).at("trials");
    EXPECT_EQ(trials.at(0).at("state"), "failed");
    EXPECT_EQ(trials.at(0).at("error").at("code"), "INTERRUPTED");
    for (const json& trial : trials) {
        EXPECT_NE(trial.at("state"), "running");
    }
}

TEST_F(Cli, logits_for_a_place_that_is_not_there_are_refused_before_anything_runs) {
    const Said said = run({"model", "logits", "random:smollm2-135m", "--ids", "1", "--out", "/nowhere/l.safetensors"});
    EXPECT_EQ(said.code, 2);
    EXPECT_NE(said.err.find("FILE_WRITE"), std::string::npos) << said.err;
}

TEST_F(Cli, control_c_exits_130_says_how_to_resume_and_the_same_command_resumes) {
    const auto file = experiment("none", "observations: 40, interval_us: 20000");
    const auto events = program_.folder() / "events.jsonl";
    program_.start({"run", file, "--events", events});
    ASSERT_TRUE(program_.wait_for_lines(events, 3));
    program_.signal(SIGINT);
    const Said said = program_.end();
    EXPECT_EQ(said.code, 130) << said.err;
    EXPECT_NE(said.err.find("run the same command again to go on"), std::string::npos) << said.err;
    const Said resumed = run({"run", file, "--json"});
    EXPECT_EQ(resumed.code, 0) << resumed.err;
    const json document = parsed(resumed);
    EXPECT_EQ(document.at("done").get<int>() + document.at("skipped").get<int>(), 3);
    for (const json& trial : document.at("trials")) {
        EXPECT_EQ(trial.at("state"), "done");
    }
}

TEST_F(Cli, a_second_control_c_ends_at_once_and_nothing_durable_is_lost) {
    const auto file = experiment("hang");  // does not react to a cancel
    const auto events = program_.folder() / "events.jsonl";
    program_.start({"run", file, "--events", events});
    ASSERT_TRUE(program_.wait_for_lines(events, 2));
    program_.signal(SIGINT);
    ASSERT_TRUE(program_.wait_for_lines(program_.folder() / "stderr", 2));  // "stopping: ..."
    program_.signal(SIGINT);
    EXPECT_EQ(program_.end().code, 128 + SIGINT);
    const json results = parsed(run({"results", "--json"}));
    EXPECT_EQ(results.at("trials").size(), 3U);
}

TEST_F(Cli, a_disk_that_fills_up_ends_the_run_by_name_and_the_same_command_resumes) {
    const auto file = experiment("none", "observations: 60000");
    program_.file_limit = 2 << 20;
    const Said full = run({"run", file});
    EXPECT_EQ(full.code, 3) << full.err;
    EXPECT_NE(full.err.find("error: DB_"), std::string::npos) << full.err;
    program_.file_limit = 0;
    const json resumed = parsed(run({"run", file, "--json"}));
    EXPECT_EQ(resumed.at("failed"), 0);
    EXPECT_EQ(resumed.at("done").get<int>() + resumed.at("skipped").get<int>(), 3);
}

TEST_F(Cli, a_missing_worker_or_database_folder_exits_2_and_stores_nothing) {
    const Said worker = run({"run", experiment(), "--worker", "/nowhere/worker"});
    EXPECT_EQ(worker.code, 2);
    EXPECT_NE(worker.err.find("WORKER_PROGRAM_MISSING"), std::string::npos);
    EXPECT_FALSE(std::filesystem::exists(program_.database()));
    const Said database = run({"run", experiment(), "--db", "/proc/results.db"});
    EXPECT_EQ(database.code, 2) << database.err;
    EXPECT_NE(database.err.find("DB_"), std::string::npos) << database.err;
    write_file(program_.database(), std::string(5000, 'x'));
    const Said other = run({"run", experiment()});
    EXPECT_EQ(other.code, 2);
    EXPECT_NE(other.err.find("DB_NOT_A_DATABASE"), std::string::npos) << other.err;
    EXPECT_EQ(read_file(program_.database()), std::string(5000, 'x'));
}

TEST_F(Cli, an_experiment_with_faults_names_them_all) {
    const auto file = program_.folder() / "bad.yaml";
    write_file(file, "tandem: 1\nname: bad\nmodls: {m: x}\nworkloads: {w: {kind: benchmark, promt_tokens: 3}}\n");
    const Said said = run({"run", file});
    EXPECT_EQ(said.code, 2);
    EXPECT_NE(said.err.find("did you mean models?"), std::string::npos) << said.err;
    EXPECT_NE(said.err.find("did you mean prompt_tokens?"), std::string::npos) << said.err;
    EXPECT_NE(said.err.find("bad.yaml:3:1"), std::string::npos) << said.err;
}

// --- other commands ---

TEST_F(Cli, model_commands_add_list_show_and_verify) {
    write_file(program_.folder() / "m.gguf", small_gguf());
    const Said added = run({"model", "add", program_.folder() / "m.gguf", "--name", "mine", "--json"});
    ASSERT_EQ(added.code, 0) << added.err;
    EXPECT_EQ(parsed(added).at("name"), "mine");
    const json list = parsed(run({"model", "list", "--json"}));
    EXPECT_EQ(list.at("models").at(0).at("name"), "mine");
    EXPECT_EQ(list.at("available").at(0).at("needs_accept_terms"), false);
    EXPECT_EQ(list.at("available").at(2).at("needs_accept_terms"), true);
    const json info = parsed(run({"model", "info", "mine", "--json"}));
    for (const char* key : {"location", "format", "sha256", "shape", "parameters", "weights_bytes", "bytes_by_part",
                            "tensors_by_type", "tokenizer", "has_chat_template", "licence", "warnings"}) {
        EXPECT_TRUE(info.contains(key)) << key;
    }
    EXPECT_EQ(info.at("location"), std::filesystem::canonical(program_.folder() / "m.gguf").string());
    EXPECT_EQ(run({"model", "verify", "mine"}).code, 0);
    std::string changed = small_gguf();
    changed.back() = 'x';
    write_file(program_.folder() / "m.gguf", changed);
    EXPECT_EQ(run({"model", "verify", "mine"}).code, 2);
}

TEST_F(Cli, random_shapes_are_shown_without_a_download) {
    const json info = parsed(run({"model", "info", "random:smollm2-135m", "--json"}));
    EXPECT_EQ(info.at("format"), "random");
    EXPECT_EQ(info.at("shape").at("layers"), 30);
}

TEST_F(Cli, what_this_version_cannot_do_is_refused_in_words) {
    const Said decoder = run({"model", "logits", "random:smollm2-135m", "--ids", "1 2", "--decoder-ids", "0", "--out",
                              program_.folder() / "l.safetensors"});
    EXPECT_EQ(decoder.code, 2);
    EXPECT_NE(decoder.err.find("MODEL_KIND"), std::string::npos);
    EXPECT_FALSE(std::filesystem::exists(program_.folder() / "l.safetensors"));
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"device", "pair", "123"}, std::vector<std::string>{"device", "remove", "x"}}) {
        const Said said = run(words);
        EXPECT_EQ(said.code, 2);
        EXPECT_NE(said.err.find("UNSUPPORTED"), std::string::npos);
    }
}

TEST_F(Cli, ids_out_of_range_are_refused_before_anything_runs) {
    for (const char* ids : {"49152", "-1", "1 x", " ", "99999999999999999999"}) {
        const Said said =
            run({"model", "logits", "random:smollm2-135m", std::string("--ids=") + ids, "--out", "/tmp/x"});
        EXPECT_EQ(said.code, 2) << ids;
        EXPECT_NE(said.err.find("TOK_ID_RANGE"), std::string::npos) << ids << ": " << said.err;
    }
}

TEST_F(Cli, greedy_and_sampling_options_exclude_each_other) {
    const Said said = run({"generate", "random:smollm2-135m", "--prompt", "x", "--greedy", "--temperature", "0.5"});
    EXPECT_EQ(said.code, 2);
    EXPECT_NE(said.err.find("--greedy"), std::string::npos);
}

TEST_F(Cli, bench_prints_every_promised_metric_null_where_there_is_none) {
    const Said said = run({"bench", "random:smollm2-135m", "-p", "8", "-n", "2", "-r", "2", "--json"});
    ASSERT_EQ(said.code, 0) << said.err;
    const json document = parsed(said);
    for (const char* key : {"model", "settings", "metrics", "facts"}) {
        EXPECT_TRUE(document.contains(key)) << key;
    }
    EXPECT_EQ(document.at("settings").at("workload").at("prompt_tokens"), 8);
    for (const char* metric : {"load_ms", "ttft_ms", "prefill_tokens_per_second", "tpot_ms", "decode_tokens_per_second",
                               "end_to_end_ms", "peak_rss_bytes", "weights_bytes", "kv_cache_bytes", "energy_joules"}) {
        EXPECT_TRUE(document.at("metrics").contains(metric)) << metric;
    }
}

TEST_F(Cli, doctor_says_what_is_missing_and_device_list_what_is_there) {
    const Said said = run({"doctor", "--json"});
    const json document = parsed(said);
    EXPECT_EQ(said.code, 2) << "the tests' worker has no libtorch";
    EXPECT_EQ(document.at("usable"), false);
    std::map<std::string, std::string> states;
    for (const json& check : document.at("checks")) {
        states[check.at("name").get<std::string>()] = check.at("state").get<std::string>();
    }
    EXPECT_EQ(states.at("worker"), "ok");
    EXPECT_EQ(states.at("libtorch"), "missing");
    EXPECT_EQ(states.at("database"), "ok");
    const json devices = parsed(run({"device", "list", "--json"}));
    EXPECT_EQ(devices.at("devices").at(0).at("device"), "cpu");
}

TEST_F(Cli, score_prints_value_interval_and_signature_of_each_metric) {
    const auto said = program_.folder() / "said.txt", right = program_.folder() / "right.txt";
    write_file(said, "the cat sat on the mat\na dog\t \n");
    write_file(right, "the cat sat on the mat\r\nthe dog\n");
    const Said text = run({"score", "--hypotheses", said, "--references", right, "--metric", "bleu:tok=none,rouge1"});
    ASSERT_EQ(text.code, 0) << text.err;
    EXPECT_TRUE(text.out.starts_with("BLEU = ")) << text.out;
    EXPECT_NE(text.out.find("nrefs:1|case:mixed|eff:no|tok:none|smooth:exp|version:2.6.0\n"), std::string::npos);
    EXPECT_NE(text.out.find("rouge1 = 0.7500 (95 % 0.5000 to 1.0000)"), std::string::npos) << text.out;
    const json document = parsed(run({"score", "--hypotheses", said, "--references", right, "--against", right,
                                      "--metric", "exact_match", "--segments", "--json"}));
    const json& score = document.at("scores").at(0);
    EXPECT_EQ(score.at("value"), 0.5);
    EXPECT_EQ(score.at("segments"), json({1.0, 0.0}));
    EXPECT_EQ(score.at("against").at("difference"), -0.5);
    EXPECT_EQ(score.at("against").at("mcnemar").at("only_against"), 1);
}

TEST_F(Cli, score_reads_lines_of_json_and_refuses_files_that_do_not_match) {
    const auto lines = program_.folder() / "lines.jsonl", other = program_.folder() / "other.txt";
    write_file(lines, "\"one line\\nanother\"\n");
    write_file(other, "one\ntwo\n");
    const json document =
        parsed(run({"score", "--hypotheses", lines, "--references", lines, lines, "--metric", "rougeLsum", "--json"}));
    EXPECT_EQ(document.at("scores").at(0).at("value"), 1.0);
    EXPECT_TRUE(document.at("scores").at(0).at("ci95_low").is_null()) << "one segment has no interval";
    const Said refused = run({"score", "--hypotheses", lines, "--references", other});
    EXPECT_EQ(refused.code, 2);
    EXPECT_NE(refused.err.find("found 2 lines, need 1"), std::string::npos) << refused.err;
    EXPECT_NE(
        run({"score", "--hypotheses", other, "--references", other, "--metric", "blue"}).err.find("SCORE_UNKNOWN"),
        std::string::npos);
    write_file(lines, "not json\n");
    EXPECT_NE(run({"score", "--hypotheses", lines, "--references", other}).err.find("lines.jsonl:1"),
              std::string::npos);
}

TEST_F(Cli, output_that_cannot_be_written_is_an_error) {
    const std::string command = "TANDEM_HOME=" + (program_.folder() / "home").string() +
                                " " TANDEM_BINARY_DIR "/bin/tandem model list >/dev/full 2>" +
                                (program_.folder() / "err").string();
    EXPECT_EQ(WEXITSTATUS(std::system(command.c_str())), 2);
    EXPECT_NE(read_file(program_.folder() / "err").find("OUTPUT_WRITE"), std::string::npos);
}

TEST_F(Cli, completions_are_accepted_by_bash_and_the_manual_names_every_command) {
    const Said bash = run({"completions", "bash"});
    write_file(program_.folder() / "c.bash",
               bash.out +
                   "\nCOMP_WORDS=(tandem model a); COMP_CWORD=2; _tandem; echo \"${COMPREPLY[@]}\"\n"
                   "COMP_WORDS=(tandem bench m --dtype b); COMP_CWORD=4; _tandem; echo \"${COMPREPLY[@]}\"\n"
                   "COMP_WORDS=(tandem p); COMP_CWORD=1; _tandem; echo \"${COMPREPLY[@]}\"\n");
    const std::string command =
        "bash " + (program_.folder() / "c.bash").string() + " >" + (program_.folder() / "c.out").string() + " 2>&1";
    EXPECT_EQ(std::system(command.c_str()), 0);
    EXPECT_EQ(read_file(program_.folder() / "c.out"), "add\nbf16\nplan\n");
    EXPECT_TRUE(run({"completions", "zsh"}).out.starts_with("#compdef tandem\n"));
    EXPECT_NE(run({"completions", "fish"}).out.find("complete -c tandem"), std::string::npos);
    const std::string manual = run({"manual"}).out;
    for (const char* command_name : {"run", "plan", "bench", "generate", "model logits", "model add", "doctor"}) {
        EXPECT_NE(manual.find(std::string(".SS tandem ") + command_name), std::string::npos) << command_name;
    }
}

}  // namespace
}  // namespace tandem::test
