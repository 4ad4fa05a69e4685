#include "app/runner/runner.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "app/runner/history.h"
#include "app/runner/inputs.h"
#include "app/runner/run_single.h"
#include "db/queries/queries.h"
#include "db/store/store.h"
#include "tests/app/library/library_fixture.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;
using test::read_file;
using test::TemporaryFolder;
using test::write_file;

constexpr const char* idle_experiment = R"(tandem: 1
name: idle
models: {MODEL: random:smollm2-135m}
pairings: {alone: MODEL}
workloads: {idle: {kind: "null", observations: 3}}
seeds: [1, 2, 3]
)";

class Runner : public testing::Test {
protected:
    Runner() {
        options_.database = folder_ / "results.db";
        options_.library = folder_ / "library";
        options_.worker_program = TANDEM_BINARY_DIR "/tests/null_worker";
    }

    // null_worker behaves as the model's name says.
    fs::path experiment(const std::string& model = "none") {
        std::string text = idle_experiment;
        for (std::size_t at = text.find("MODEL"); at != std::string::npos; at = text.find("MODEL")) {
            text.replace(at, 5, model);
        }
        write_file(folder_ / "idle.yaml", text);
        return folder_ / "idle.yaml";
    }
    Result<RunSummary> run(const fs::path& file, std::stop_token stop = {}, const RunListener& listener = {}) {
        const PreparedRun prepared = TANDEM_TRY(prepare_run(file, options_));
        return execute_run(prepared, options_, listener, std::move(stop));
    }
    std::vector<TrialRow> rows() {
        auto reader = ResultsReader::open(options_.database);
        EXPECT_TRUE(reader.ok()) << reader.error().to_string();
        return *(*reader)->trials({});
    }

    TemporaryFolder folder_;
    RunnerOptions options_;
};

TEST_F(Runner, planning_writes_nothing) {
    const auto prepared = prepare_run(experiment(), options_);
    ASSERT_TRUE(prepared.ok()) << prepared.error().to_string();
    EXPECT_EQ(prepared->plan.trials.size(), 3U);
    EXPECT_EQ(prepared->plan.trials.front().reason, "new");
    EXPECT_FALSE(fs::exists(options_.database));
    EXPECT_FALSE(fs::exists(options_.library));
}

TEST_F(Runner, benchmarks_that_no_context_holds_are_told_when_planned) {
    write_file(folder_ / "long.yaml", R"(tandem: 1
name: long
models: {smol: random:smollm2-135m}
pairings: {alone: smol}
workloads: {speed: {kind: benchmark, new_tokens: 4}}
sweep: {grid: {workloads.speed.prompt_tokens: [8188, 8189, 9000]}}
)");
    const auto prepared = prepare_run(folder_ / "long.yaml", options_);
    ASSERT_TRUE(prepared.ok()) << prepared.error().to_string();
    const std::string told = prepared->warnings.empty() ? "" : prepared->warnings.front();
    EXPECT_NE(told.find("2 trials have more tokens than the 8192"), std::string::npos) << told;
}

constexpr const char* data_experiment = R"(tandem: 1
name: data
models: {smol: random:smollm2-135m}
pairings: {alone: smol}
workloads: {marks: {kind: evaluate, test: "set/pairs.jsonl#test"}}
)";

constexpr const char* pairs = R"({"source": "a", "target": "b", "split": "train"}

{"source": "c", "target": "d", "split": "test"}
{"source": "e", "target": "f", "split": "test"})";

TEST_F(Runner, an_unknown_score_is_refused_before_anything_is_looked_for) {
    write_file(folder_ / "scores.yaml", data_experiment);
    RunnerOptions options = options_;
    options.overrides.push_back({"workloads.marks.scores", "[rouge1, bleuu]"});
    const auto refused = prepare_run(folder_ / "scores.yaml", options);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, "SCORE_UNKNOWN");
    EXPECT_NE(refused.error().where.find("scores.yaml:5:"), std::string::npos) << refused.error().where;
}

TEST_F(Runner, data_lies_beside_the_experiment_or_in_the_data_folder) {
    write_file(folder_ / "data.yaml", data_experiment);
    const auto missing = prepare_run(folder_ / "data.yaml", options_);
    ASSERT_FALSE(missing.ok());
    EXPECT_EQ(missing.error().code, "DATA_NOT_FOUND");
    for (const fs::path& place : {folder_ / "set", folder_ / "library" / "data" / "set"}) {
        EXPECT_NE(missing.error().message.find((place / "pairs.jsonl").string()), std::string::npos)
            << missing.error().message;
    }
    EXPECT_NE(missing.error().message.find("./dev data"), std::string::npos);
    EXPECT_NE(missing.error().where.find("data.yaml:5:"), std::string::npos) << missing.error().where;

    std::string id;
    for (const fs::path& place : {folder_ / "library" / "data" / "set", folder_ / "set"}) {
        fs::create_directories(place);
        write_file(place / "pairs.jsonl", pairs);
        const auto prepared = prepare_run(folder_ / "data.yaml", options_);
        ASSERT_TRUE(prepared.ok()) << prepared.error().to_string();
        const Trial& trial = prepared->plan.trials.at(0);
        const DataFile& test = std::get<EvaluateWorkload>(trial.job.workload).task.test;
        EXPECT_EQ(test.path, fs::canonical(place / "pairs.jsonl"));
        EXPECT_EQ(test.sha256, sha256_hex(pairs));
        EXPECT_EQ(test.split, "test");
        EXPECT_TRUE(id.empty() || id == trial.id) << "the place counts";
        id = trial.id;
        EXPECT_EQ(trial.job.place.work, (folder_ / "trials" / trial.id).string());
        EXPECT_TRUE(trial.job.place.cache.ends_with("/tandem")) << trial.job.place.cache;
        EXPECT_FALSE(fs::exists(folder_ / "trials"));
    }
}

TEST_F(Runner, data_is_counted_by_its_parts) {
    write_file(folder_ / "pairs.jsonl", pairs);
    const auto facts = read_data_facts(folder_ / "pairs.jsonl", true);
    ASSERT_TRUE(facts.ok()) << facts.error().to_string();
    EXPECT_EQ(facts->parts.at("").rows, 3);
    EXPECT_EQ(facts->parts.at("test").rows, 2);
    EXPECT_EQ(facts->parts.at("train").rows, 1);
    EXPECT_EQ(facts->parts.at("train").longest, 48);
    EXPECT_EQ(facts->parts.at("test").bytes, 94);
    write_file(folder_ / "bad.jsonl", "{}\n[1]\n");
    const auto refused = read_data_facts(folder_ / "bad.jsonl", true);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, "DATA_NOT_JSON");
    EXPECT_TRUE(refused.error().where.ends_with("bad.jsonl:2")) << refused.error().where;
    EXPECT_EQ(read_data_facts(folder_ / "bad.jsonl", false)->parts.at("").rows, 2);
}

TEST_F(Runner, what_was_trained_is_known_by_its_files) {
    const std::string yaml =
        "tandem: 1\nname: t\nmodels: {smol: random:smollm2-135m}\n"
        "pairings: {p: {method: prompt-tuning, model: smol, trained: out/p}}\n"
        "workloads: {speed: {kind: benchmark}}\n";
    write_file(folder_ / "t.yaml", yaml);
    const auto missing = prepare_run(folder_ / "t.yaml", options_);
    ASSERT_FALSE(missing.ok());
    EXPECT_EQ(missing.error().code, "TRAINED_NOT_FOUND");
    fs::create_directories(folder_ / "out" / "p");
    write_file(folder_ / "out" / "p" / "pairing.json", "{}");
    write_file(folder_ / "out" / "p" / "pairing.safetensors", "x");
    const auto first = prepare_run(folder_ / "t.yaml", options_);
    ASSERT_TRUE(first.ok()) << first.error().to_string();
    EXPECT_EQ(first->plan.trials.at(0).job.pairing.trained.location, fs::canonical(folder_ / "out" / "p"));
    write_file(folder_ / "out" / "p" / "pairing.safetensors", "y");
    EXPECT_NE(prepare_run(folder_ / "t.yaml", options_)->plan.trials.at(0).id, first->plan.trials.at(0).id);
}

TEST_F(Runner, a_second_run_repeats_nothing) {
    const auto first = run(experiment());
    ASSERT_TRUE(first.ok()) << first.error().to_string();
    EXPECT_EQ(first->done, 3);
    const auto second = run(experiment());
    ASSERT_TRUE(second.ok()) << second.error().to_string();
    EXPECT_EQ(second->done, 0);
    EXPECT_EQ(second->skipped, 3);
    for (const TrialRow& row : rows()) {
        EXPECT_EQ(row.state, "done");
        EXPECT_EQ(row.attempts, 1);
    }
}

TEST_F(Runner, a_run_with_everything_done_needs_no_worker) {
    ASSERT_TRUE(run(experiment()).ok());
    options_.worker_program = folder_ / "nowhere";
    const auto again = run(experiment());
    ASSERT_TRUE(again.ok()) << again.error().to_string();
    EXPECT_EQ(again->skipped, 3);
}

TEST_F(Runner, a_missing_worker_is_named_before_anything_is_stored) {
    options_.worker_program = folder_ / "nowhere";
    EXPECT_EQ(run(experiment()).error().code, "WORKER_PROGRAM_MISSING");
    EXPECT_FALSE(fs::exists(options_.database));
}

TEST_F(Runner, overrides_make_other_trials) {
    ASSERT_TRUE(run(experiment()).ok());
    options_.overrides = {{"workloads.idle.observations", "4"}};
    EXPECT_EQ(run(experiment())->done, 3);
    EXPECT_EQ(rows().size(), 6U);
}

TEST_F(Runner, a_failed_trial_is_stored_with_its_error_and_tried_again) {
    const auto failed = run(experiment("crash"));
    ASSERT_TRUE(failed.ok()) << failed.error().to_string();
    EXPECT_EQ(failed->failed, 3);
    for (const TrialRow& row : rows()) {
        EXPECT_EQ(row.state, "failed");
        EXPECT_NE(row.error_code, "");
    }
    const auto prepared = prepare_run(experiment("crash"), options_);
    ASSERT_TRUE(prepared.ok());
    EXPECT_EQ(prepared->plan.trials.front().action, TrialAction::run);
    EXPECT_EQ(prepared->plan.trials.front().first_attempt, 2);
    EXPECT_NE(prepared->plan.trials.front().reason.find("tried again"), std::string::npos);
}

TEST_F(Runner, a_stop_request_leaves_a_run_that_resumes) {
    std::stop_source stop;
    options_.overrides = {{"workloads.idle.interval_us", "20000"}, {"workloads.idle.observations", "50"}};
    int finished = 0;
    const RunListener listener{.finished = [&](const Trial&, TrialState state, const Error*) {
        finished += state == TrialState::done ? 1 : 0;
        stop.request_stop();
    }};
    const auto stopped = run(experiment(), stop.get_token(), listener);
    ASSERT_TRUE(stopped.ok()) << stopped.error().to_string();
    EXPECT_TRUE(stopped->interrupted);
    EXPECT_EQ(stopped->done, 1);
    const auto resumed = run(experiment());
    ASSERT_TRUE(resumed.ok()) << resumed.error().to_string();
    EXPECT_EQ(resumed->done, 2);
    EXPECT_EQ(resumed->skipped, 1);
}

TEST_F(Runner, the_events_file_holds_every_durable_event_once) {
    options_.events_file = folder_ / "events.jsonl";
    ASSERT_TRUE(run(experiment()).ok());
    std::istringstream lines(read_file(options_.events_file));
    std::set<std::string> keys;
    std::map<std::string, int> kinds;
    int count = 0;
    for (std::string line; std::getline(lines, line); ++count) {
        const auto event = nlohmann::json::parse(line);
        keys.insert(event.at("trial").get<std::string>() + "/" + event.at("attempt").dump() + "/" +
                    event.at("sequence").dump());
        ++kinds[event.at("kind").get<std::string>()];
    }
    EXPECT_EQ(keys.size(), static_cast<std::size_t>(count));
    EXPECT_EQ(kinds["started"], 3);
    EXPECT_EQ(kinds["observation"], 9);
    EXPECT_EQ(kinds["done"], 3);
}

TEST_F(Runner, an_events_file_that_cannot_be_written_is_refused) {
    options_.events_file = folder_ / "no folder" / "events.jsonl";
    EXPECT_EQ(run(experiment()).error().code, "EVENTS_FILE");
}

TEST_F(Runner, a_database_that_is_none_or_is_newer_is_refused_and_left_alone) {
    write_file(options_.database, "this is a text file, not a database, and it is long enough to be looked at");
    EXPECT_EQ(run(experiment()).error().code, "DB_NOT_A_DATABASE");
    EXPECT_TRUE(read_file(options_.database).starts_with("this is a text"));
    fs::remove(options_.database);
    ASSERT_TRUE(run(experiment()).ok());
    std::string bytes = read_file(options_.database);
    bytes[60 + 2] = 1;  // user_version, big-endian at offset 60 (SQLite's file format, section 1.3)
    write_file(options_.database, bytes);
    EXPECT_EQ(run(experiment()).error().code, "DB_TOO_NEW");
    EXPECT_EQ(read_file(options_.database), bytes);
}

TEST_F(Runner, models_are_found_beside_the_file_that_names_them) {
    write_file(folder_ / "exp" / "models" / "m.gguf", test::small_gguf());
    write_file(folder_ / "exp" / "e.yaml", R"(tandem: 1
name: beside
models: {m: models/m.gguf}
pairings: {alone: m}
workloads: {idle: {kind: "null"}}
)");
    const auto prepared = prepare_run(folder_ / "exp" / "e.yaml", options_);
    ASSERT_TRUE(prepared.ok()) << prepared.error().to_string();
    EXPECT_EQ(prepared->plan.trials.front().job.pairing.model.location,
              fs::canonical(folder_ / "exp/models/m.gguf").string());
}

TEST_F(Runner, an_unknown_model_is_named_with_its_line) {
    write_file(folder_ / "e.yaml",
               "tandem: 1\nname: e\nmodels:\n  m: smolm2\npairings: {alone: m}\n"
               "workloads: {idle: {kind: \"null\"}}\n");
    const auto prepared = prepare_run(folder_ / "e.yaml", options_);
    EXPECT_EQ(prepared.error().code, "MODEL_NOT_FOUND");
    EXPECT_NE(prepared.error().where.find("e.yaml:4:"), std::string::npos) << prepared.error().where;
}

TEST_F(Runner, installed_experiments_are_found_by_name) {
    const auto found = find_experiment("quickstart");
    ASSERT_TRUE(found.ok()) << found.error().to_string();
    EXPECT_EQ(found->filename(), "quickstart.yaml");
    const auto unknown = find_experiment("quikstart");
    EXPECT_EQ(unknown.error().code, "EXPERIMENT_NOT_FOUND");
    EXPECT_NE(unknown.error().message.find("did you mean quickstart?"), std::string::npos);
    EXPECT_FALSE(find_experiment("models").ok()) << "the catalogue of shapes is no experiment";
}

TEST_F(Runner, the_machine_is_described_quickly_and_the_same_each_time) {
    const auto begun = std::chrono::steady_clock::now();
    const MachineFacts one = local_machine_facts();
    // 200 ms on an idle machine; tests share theirs.
    EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(3));
    EXPECT_EQ(one.fingerprint, local_machine_facts().fingerprint);
    EXPECT_GT(one.memory_bytes, 0);
    EXPECT_GT(one.cores, 0);
    EXPECT_GT(one.memory_bandwidth, 1e8);
    EXPECT_GT(one.flops, 1e9);
}

Job null_job(const std::string& behaviour) {
    return {.pairing = {.model = {.name = behaviour, .location = "random:none"}},
            .workload = NullWorkload{.observations = 4}};
}

TEST_F(Runner, one_job_runs_without_a_database) {
    int observed = 0;
    const auto run = run_single(null_job("none"), options_.worker_program,
                                {.observed = [&](const Observation&) { ++observed; }}, {});
    ASSERT_TRUE(run.ok()) << run.error().to_string();
    EXPECT_EQ(run->observations.size(), 4U);
    EXPECT_EQ(observed, 4);
    EXPECT_NE(run->environment_json.find("\"cores\""), std::string::npos);
    const auto artefact = run_single(null_job("artefact"), options_.worker_program, {}, {});
    ASSERT_TRUE(artefact.ok()) << artefact.error().to_string();
    ASSERT_EQ(artefact->artefacts.size(), 1U);
    EXPECT_EQ(artefact->artefacts.front().bytes.size(), 9'000'000U);
}

TEST_F(Runner, one_jobs_failure_is_its_error) {
    EXPECT_EQ(run_single(null_job("bad-input"), options_.worker_program, {}, {}).error().code, "GGUF_BAD_MAGIC");
    EXPECT_FALSE(run_single(null_job("crash"), options_.worker_program, {}, {}).ok());
    const Error lost = run_single(null_job("exit"), options_.worker_program, {}, {}).error();
    EXPECT_EQ(lost.code, "WORKER_CRASHED");
    EXPECT_NE(lost.message.find("its log ends:\n  "), std::string::npos) << lost.message;
    std::stop_source stop;
    stop.request_stop();
    EXPECT_EQ(run_single(null_job("none"), options_.worker_program, {}, stop.get_token()).error().code, "CANCELLED");
}

TEST(History, trials_that_another_run_finished_meanwhile_are_skipped) {
    Plan plan;
    plan.trials = {{.id = "a", .estimate = {.memory_bytes = 5, .seconds = 1}},
                   {.id = "b", .estimate = {.memory_bytes = 9, .seconds = 2}}};
    update_from_history(plan, {{"b", {.state = TrialState::done, .attempts = 1, .finished_at = "2026-11-24T10:00:00Z"}},
                               {"a", {.state = TrialState::failed, .attempts = 2}}});
    EXPECT_EQ(plan.trials[0].action, TrialAction::run);
    EXPECT_EQ(plan.trials[0].first_attempt, 3);
    EXPECT_EQ(plan.trials[1].action, TrialAction::skip);
    EXPECT_EQ(plan.trials[1].reason, "done on 2026-11-24");
    EXPECT_EQ(plan.total_to_run.seconds, 1);
    EXPECT_EQ(plan.total_to_run.memory_bytes, 5);
}

}  // namespace
}  // namespace tandem
