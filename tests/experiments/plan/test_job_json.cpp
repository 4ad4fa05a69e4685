// The JSON codec of jobs, reports and errors: what goes out comes back, and what is malformed is refused by key.
#include "experiments/wire/job_json.h"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

namespace tandem {
namespace {

using nlohmann::json;

Job full_job(Workload workload) {
    Job job;
    job.pairing.model = {.name = "small", .location = "models/a.gguf", .sha256 = std::string(64, 'a')};
    job.device = {.device = "cpu", .threads = 3, .memory_limit_bytes = 1 << 30};
    job.load = {.dtype = Dtype::bf16, .context = 512};
    job.workload = std::move(workload);
    job.seed = std::numeric_limits<std::uint64_t>::max();
    return job;
}

GenerateWorkload generate_workload() {
    GenerateWorkload generate;
    generate.prompts = {"Größe?", "two\nlines", ""};
    generate.chat = false;
    generate.system = "Be brief.";
    generate.generation.temperature = 0.1;
    generate.generation.stop = {"\n\n"};
    return generate;
}

EvaluateWorkload evaluate_workload() {
    EvaluateWorkload evaluate;
    evaluate.task.test = {.path = "/data/pairs.jsonl", .split = "test", .sha256 = std::string(64, 'd')};
    evaluate.task.prompt = "Sum up: {source}";
    evaluate.task.scores = {"rougeL", "perplexity"};
    return evaluate;
}

TrainWorkload train_workload() {
    TrainWorkload train;
    train.train = {.path = "/data/train.jsonl", .split = {}, .sha256 = std::string(64, 'e')};
    train.trainable = Trainable::lora;
    train.labels = Labels::llm;
    train.labels_from = "third";
    train.labels_prompt = "Sum up: {prompt}";
    train.vector_cache = VectorCache::int8;
    train.training.optimiser.learning_rate = 1e-3;
    train.task = evaluate_workload().task;
    return train;
}

TEST(job_json, every_kind_of_workload_survives_a_round_trip) {
    for (const Workload& workload :
         {Workload(generate_workload()), Workload(BenchmarkWorkload{.prompt_tokens = 7}),
          Workload(LogitsWorkload{.ids = {0, 5, 49151}, .decoder_ids = {0, 4}}), Workload(evaluate_workload()),
          Workload(train_workload()), Workload(NullWorkload{10, 5})}) {
        const json first = job_to_json(full_job(workload));
        const Result<Job> job = job_from_json(json::parse(first.dump()));
        ASSERT_TRUE(job.ok()) << job.error().to_string();
        EXPECT_EQ(job_to_json(*job), first);
        EXPECT_EQ(job->seed, std::numeric_limits<std::uint64_t>::max());
        EXPECT_EQ(job->workload.index(), workload.index());
    }
}

TEST(job_json, whoever_labels_survives_a_round_trip) {
    Job job = full_job(train_workload());
    job.labeller = {.name = "third", .location = "/models/third", .sha256 = std::string(64, '3')};
    const json first = job_to_json(job);
    const Result<Job> read = job_from_json(json::parse(first.dump()));
    ASSERT_TRUE(read.ok()) << read.error().to_string();
    EXPECT_EQ(read->labeller.sha256, job.labeller.sha256);
    EXPECT_EQ(job_to_json(*read), first);
}

Pairing full_pairing(PairingMethod method) {
    Pairing pairing;
    pairing.method = method;
    pairing.model = {.name = "writes", .location = "models/small", .sha256 = std::string(64, 'a')};
    if (has_partner(method)) {
        pairing.partner = {.name = "helps",
                           .location = "models/large.gguf",
                           .sha256 = std::string(64, 'b'),
                           .adapter = "adapter",
                           .adapter_sha256 = std::string(64, 'c')};
    }
    pairing.trained = {.location = "trials/x/trained", .sha256 = std::string(64, 'f')};
    pairing.guidance.settings.fusion = Fusion::prepend;
    pairing.guidance.settings.projector.kind = ProjectorKind::low_rank;
    pairing.guidance.llm_prompt = "Read: {prompt}";
    pairing.guidance.llm_dtype = Dtype::int8;
    pairing.speculative.draft_tokens = 3;
    pairing.soft_prompt.soft_tokens = 7;
    return pairing;
}

TEST(job_json, every_method_survives_a_round_trip_with_its_models_its_knobs_and_what_it_learned) {
    for (const auto& [method, name] : EnumNames<PairingMethod>::values) {
        Job job = full_job(BenchmarkWorkload{});
        job.pairing = full_pairing(method);
        job.place = {.work = "/trials/1", .cache = "/cache"};
        const json first = job_to_json(job);
        const Result<Job> back = job_from_json(json::parse(first.dump()));
        ASSERT_TRUE(back.ok()) << back.error().to_string();
        EXPECT_EQ(job_to_json(*back), first) << name;
        EXPECT_EQ(back->pairing.method, method);
        EXPECT_EQ(back->pairing.partner.sha256, job.pairing.partner.sha256) << name;
        EXPECT_EQ(back->pairing.trained.location, job.pairing.trained.location) << name;
        EXPECT_EQ(back->place.work, "/trials/1");
        EXPECT_EQ(back->place.cache, "/cache");
        EXPECT_EQ(first["pairing"].contains("options"), method != PairingMethod::single) << name;
    }
}

TEST(job_json, missing_keys_take_their_default) {
    const Result<Job> job = job_from_json(json::parse(R"({"workload": {"kind": "benchmark", "new_tokens": 9}})"));
    ASSERT_TRUE(job.ok()) << job.error().to_string();
    const auto& benchmark = std::get<BenchmarkWorkload>(job->workload);
    EXPECT_EQ(benchmark.new_tokens, 9);
    EXPECT_EQ(benchmark.repetitions, BenchmarkWorkload{}.repetitions);
}

TEST(job_json, malformed_jobs_are_refused_with_the_key) {
    const std::vector<std::pair<std::string, std::string>> cases{
        {R"([])", "job"},
        {R"({"workload": {"kind": "benchmark"}, "extra": 1})", "job.extra"},
        {R"({"workload": {"kind": "bench"}})", "job.workload.kind"},
        {R"({"workload": 3})", "job.workload"},
        {R"({"workload": {"kind": "benchmark", "new_tokens": "9"}})", "job.workload.new_tokens"},
        {R"({"workload": {"kind": "benchmark", "new_tokens": 9.5}})", "job.workload.new_tokens"},
        {R"({"workload": {"kind": "benchmark", "new_tokens": 0}})", "job.workload.new_tokens"},
        {R"({"workload": {"kind": "benchmark", "new_tokens": 18446744073709551615}})", "job.workload.new_tokens"},
        {R"({"workload": {"kind": "generate", "prompts": "one"}})", "job.workload.prompts"},
        {R"({"workload": {"kind": "generate", "greedy": 1}})", "job.workload.greedy"},
        {R"({"load": {"dtype": "f33"}})", "job.load.dtype"},
        {R"({"pairing": {"model": {"sha": ""}}})", "job.pairing.model.sha"},
        {R"({"pairing": {"method": "pair"}})", "job.pairing.method"},
        {R"({"pairing": {"partner": {}}})", "job.pairing.partner"},
        {R"({"pairing": {"method": "speculative", "options": {"fusion": "add"}}})", "job.pairing.options.fusion"},
        {R"({"pairing": {"method": "speculative", "options": {"draft_tokens": 0}}})",
         "job.pairing.options.draft_tokens"},
        {R"({"pairing": {"trained": {"path": "x"}}})", "job.pairing.trained.path"},
        {R"({"workload": {"kind": "train", "train": "a.jsonl"}})", "job.workload.train"},
        {R"({"place": {"works": "x"}})", "job.place.works"},
        {R"({"device": {"threads": -1}})", "job.device.threads"},
        {R"({"seed": -1})", "job.seed"},
    };
    for (const auto& [text, where] : cases) {
        const Result<Job> job = job_from_json(json::parse(text));
        ASSERT_FALSE(job.ok()) << text;
        EXPECT_EQ(job.error().code, "WIRE_MESSAGE") << text;
        EXPECT_EQ(job.error().where, where) << text;
    }
}

TEST(job_json, reports_survive_a_round_trip_and_absent_statistics_stay_absent) {
    Report report;
    report.metrics.push_back({.name = "ttft_ms", .n = 2, .mean = 1.5, .sd = 0.1, .samples = {1.4, 1.6}});
    report.facts.push_back({.name = "libtorch_version", .value = "2.13.0"});
    const Result<Report> back = report_from_json(json::parse(report_to_json(report).dump()));
    ASSERT_TRUE(back.ok()) << back.error().to_string();
    EXPECT_EQ(report_to_json(*back), report_to_json(report));
    EXPECT_FALSE(back->metrics[0].p90.has_value());
    EXPECT_EQ(back->metrics[0].samples, report.metrics[0].samples);

    EXPECT_EQ(report_from_json(json::parse(R"({"metrics": [{"nam": ""}]})")).error().where, "report.metrics.nam");
}

TEST(job_json, errors_keep_their_causes_and_an_unreadable_one_is_still_an_error) {
    const Error error = wrap({.code = "OUTER", .message = "m", .where = "w"},
                             {.code = "INNER", .message = "i", .kind = ErrorKind::out_of_memory});
    EXPECT_EQ(error_from_json(error_to_json(error)).to_string(), error.to_string());
    EXPECT_EQ(error_from_json(error_to_json(error)).kind, ErrorKind::out_of_memory);
    EXPECT_EQ(error_from_json(json::array()).code, "WIRE_MESSAGE");
}

TEST(job_json, identity_leaves_names_and_locations_out) {
    Job job = full_job(generate_workload());
    const std::string before = job_identity_json(job);
    job.pairing.model.name = "other";
    job.pairing.model.location = "elsewhere.gguf";
    EXPECT_EQ(job_identity_json(job), before);
    job.pairing.model.sha256 = std::string(64, 'b');
    EXPECT_NE(job_identity_json(job), before);
}

TEST(job_json, identity_of_text_that_is_not_utf8_is_still_defined) {
    GenerateWorkload generate = generate_workload();
    generate.prompts = {"\xff\xfe"};
    EXPECT_FALSE(job_identity_json(full_job(generate)).empty());
}

}  // namespace
}  // namespace tandem
