// The engine's door with the real model that ./dev test names in TANDEM_TEST_MODEL (SmolLM2-135M-Instruct).
#include "engine/run_job.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "engine/benchmark/derive.h"
#include "engine/pairing/pairing_folder.h"
#include "engine/tensor/safetensors.h"
#include "engine/tokenizer/tokenizer.h"
#include "tests/support/recording_observer.h"
#include "tests/support/temporary_folder.h"

namespace tandem {
namespace {

using Clock = std::chrono::steady_clock;

class RunJob : public ::testing::Test {
protected:
    void SetUp() override {
        const char* location = std::getenv("TANDEM_TEST_MODEL");
        ASSERT_NE(location, nullptr) << "TANDEM_TEST_MODEL is not set; ./dev test fetches the model and sets it";
        model_ = {.name = "test model", .location = location, .sha256 = ""};
    }
    Job job(Workload workload) const {
        Job made;
        made.pairing.model = model_;
        made.workload = std::move(workload);
        made.seed = 42;
        made.device.threads = 1;  // two threads wait for each other when the machine is busy with other tests
        return made;
    }
    static GenerateWorkload question(GenerationOptions options = {.max_new_tokens = 24}) {
        return {.prompts = {"What is the capital of France?"}, .chat = true, .system = "", .generation = options};
    }
    static std::string answer(const test::RecordingObserver& observer) {
        const auto outputs = observer.of(ObservationKind::output);
        return outputs.empty() ? "" : outputs.front().text;
    }
    static std::string fact(const Report& report, std::string_view name) {
        for (const Fact& f : report.facts) {
            if (f.name == name) {
                return f.value;
            }
        }
        return "missing";
    }

    ModelRef model_;
    test::RecordingObserver observer_;
};

TEST_F(RunJob, a_question_is_answered_in_readable_text_and_twice_the_same) {
    const auto report = run_job(job(question()), observer_, {});
    ASSERT_TRUE(report.ok()) << report.error().to_string();
    EXPECT_NE(answer(observer_).find("Paris"), std::string::npos) << answer(observer_);
    std::string streamed;
    for (const Observation& token : observer_.of(ObservationKind::token)) {
        streamed += token.text;
    }
    EXPECT_EQ(streamed, answer(observer_));
    EXPECT_EQ(observer_.of(ObservationKind::output).front().name, "eos");

    test::RecordingObserver again;
    ASSERT_TRUE(run_job(job(question()), again, {}).ok());
    EXPECT_EQ(again.tokens(0), observer_.tokens(0));
}

TEST_F(RunJob, guidance_that_adds_nothing_leaves_the_answer_as_it_is) {
    const test::TemporaryFolder folder;
    PairingSettings settings;
    settings.layer = 4;
    Job guided = job(question());
    guided.pairing.method = PairingMethod::llm_to_slm;
    guided.pairing.partner = model_;
    guided.pairing.guidance = {.settings = settings, .llm_prompt = "In short: {prompt}", .llm_dtype = Dtype::bf16};
    const Projector projector = Projector::create({}, {.source = 576, .target = 576}, 1, at::kCPU).value();
    for (const NamedTensor& parameter : projector.parameters()) {
        parameter.tensor.detach().zero_();
    }
    ASSERT_TRUE(
        save_pairing(folder.path(), {.large = model_, .small = model_, .settings = settings, .projector = projector})
            .ok());
    guided.pairing.trained.location = folder.path().string();
    const auto report = run_job(guided, observer_, {});
    ASSERT_TRUE(report.ok()) << report.error().to_string();
    EXPECT_EQ(fact(*report, "partner_chat_template"), "used");
    EXPECT_EQ(fact(*report, "partner_dtype"), "bf16");
    test::RecordingObserver alone;
    ASSERT_TRUE(run_job(job(question()), alone, {}).ok());
    EXPECT_EQ(observer_.tokens(0), alone.tokens(0));

    guided.pairing.trained.location.clear();  // what is added begins at zero, what stands in the prompt's place is drawn
    test::RecordingObserver begins;
    ASSERT_TRUE(run_job(guided, begins, {}).ok());
    EXPECT_EQ(begins.tokens(0), alone.tokens(0));
    guided.pairing.guidance.settings.fusion = Fusion::replace;
    test::RecordingObserver untrained;
    ASSERT_TRUE(run_job(guided, untrained, {}).ok());
    EXPECT_NE(untrained.tokens(0), alone.tokens(0));
}

TEST_F(RunJob, sampling_with_a_seed_gives_the_same_text_twice) {
    const GenerationOptions options{.max_new_tokens = 16, .greedy = false, .temperature = 1.2, .top_p = 0.95};
    ASSERT_TRUE(run_job(job(question(options)), observer_, {}).ok());
    test::RecordingObserver again;
    ASSERT_TRUE(run_job(job(question(options)), again, {}).ok());
    EXPECT_EQ(again.tokens(0), observer_.tokens(0));
    test::RecordingObserver other;
    Job reseeded = job(question(options));
    reseeded.seed = 43;
    ASSERT_TRUE(run_job(reseeded, other, {}).ok());
    EXPECT_NE(other.tokens(0), observer_.tokens(0));
}

TEST_F(RunJob, a_stop_string_ends_the_answer_before_it) {
    ASSERT_TRUE(run_job(job(question({.max_new_tokens = 24, .stop = {" Paris"}})), observer_, {}).ok());
    const auto output = observer_.of(ObservationKind::output).front();
    EXPECT_EQ(output.name, "stop");
    EXPECT_FALSE(output.text.empty());
    EXPECT_EQ(output.text.find("Paris"), std::string::npos);
}

TEST_F(RunJob, a_benchmark_gives_every_metric_with_one_sample_a_repetition) {
    const auto report = run_job(
        job(BenchmarkWorkload{.prompt_tokens = 32, .new_tokens = 8, .repetitions = 3, .warmup = 1}), observer_, {});
    ASSERT_TRUE(report.ok()) << report.error().to_string();
    ASSERT_EQ(report->metrics.size(), metric_names.size());
    for (const MetricSummary& m : report->metrics) {
        const bool once = m.name == "load_ms" || m.name == "weights_bytes" || m.name == "kv_cache_bytes";
        const std::int64_t expected = once ? 1 : m.name == "inter_token_ms" ? 21 : 3;
        if (m.name == "energy_joules" && m.n == 0) {
            EXPECT_NE(fact(*report, "energy_source").find("none"), std::string::npos);
            continue;
        }
        EXPECT_EQ(m.n, expected) << m.name;
        EXPECT_GT(m.mean.value_or(0), 0) << m.name;
    }
    EXPECT_EQ(fact(*report, "kv_cache_slots"), "40");
    EXPECT_EQ(fact(*report, "device"), "cpu");
    EXPECT_EQ(fact(*report, "architecture"), "llama");
    EXPECT_NE(fact(*report, "libtorch_version"), "missing");
    EXPECT_EQ(observer_.steps.back().fraction, 1);
    for (std::size_t i = 1; i < observer_.steps.size(); ++i) {
        EXPECT_GE(observer_.steps[i].fraction, observer_.steps[i - 1].fraction);
    }
}

TEST_F(RunJob, an_evaluation_scores_the_answers_and_the_probability_of_the_targets) {
    const test::TemporaryFolder folder;
    std::ofstream(folder / "test.jsonl")
        << "{\"source\": \"What is the capital of France?\", \"target\": \"The capital of France is Paris.\"}\n"
           "{\"source\": \"What is the capital of Italy?\", \"target\": \"The capital of Italy is Rome.\"}\n";
    EvaluateWorkload workload;
    workload.task.test.path = (folder / "test.jsonl").string();
    workload.task.chat = true;
    workload.task.scores = {"rouge1", "perplexity", "bits_per_byte"};
    workload.task.resamples = 50;
    workload.task.generation.max_new_tokens = 16;
    const auto report = run_job(job(workload), observer_, {});
    ASSERT_TRUE(report.ok()) << report.error().to_string();
    ASSERT_EQ(report->metrics.size(), metric_names.size() + 3);
    const auto value = [&](std::size_t i) { return *report->metrics[metric_names.size() + i].mean; };
    EXPECT_GT(value(0), 0.5);
    EXPECT_GT(value(1), 1);
    EXPECT_LT(value(1), 20);
    EXPECT_NEAR(value(1), std::exp(value(2) * std::log(2.0) * 60 / 18), 2) << "of some 9 tokens and 30 bytes each";
    EXPECT_EQ(observer_.of(ObservationKind::output).size(), 2U);
    EXPECT_EQ(fact(*report, "examples"), "2");
    EXPECT_EQ(fact(*report, "chat_template"), "used");

    workload.task.scores = {"blue"};
    test::RecordingObserver untouched;
    EXPECT_EQ(run_job(job(workload), untouched, {}).error().code, "SCORE_UNKNOWN");
    EXPECT_TRUE(untouched.of(ObservationKind::phase_begin).empty()) << "nothing was loaded";
}

TEST_F(RunJob, the_last_row_of_logits_picks_the_token_that_greedy_generation_picks) {
    const std::string prompt = "The capital of France is";
    const auto tokenizer = Tokenizer::open(model_.location);
    ASSERT_TRUE(tokenizer.ok()) << tokenizer.error().to_string();
    const auto ids = (*tokenizer)->encode(prompt);
    ASSERT_TRUE(run_job(job(LogitsWorkload{.ids = {ids.begin(), ids.end()}}), observer_, {}).ok());
    const auto file = SafetensorsFile::parse(observer_.artefacts["logits.safetensors"], "logits");
    ASSERT_TRUE(file.ok());
    const TensorView* logits = (*file)->find("logits");
    ASSERT_EQ(logits->shape, (std::vector<std::int64_t>{static_cast<std::int64_t>(ids.size()), 49152}));
    std::vector<float> last(49152);
    std::memcpy(last.data(), logits->data.data() + logits->data.size() - last.size() * sizeof(float),
                last.size() * sizeof(float));
    const auto best = std::max_element(last.begin(), last.end()) - last.begin();

    const GenerateWorkload plain{.prompts = {prompt}, .chat = false, .generation = {.max_new_tokens = 1}};
    ASSERT_TRUE(run_job(job(plain), observer_, {}).ok());
    EXPECT_EQ(observer_.tokens(0), (std::vector<double>{static_cast<double>(best)}));
}

TEST_F(RunJob, what_cannot_be_run_is_refused_before_loading) {
    const auto refusal = [&](Job refused) {
        const auto report = run_job(refused, observer_, {});
        EXPECT_TRUE(observer_.of(ObservationKind::phase_begin).empty());
        return report.ok() ? "none" : report.error().code;
    };
    EXPECT_EQ(refusal(job(LogitsWorkload{.ids = {1, 49152}})), "TOK_ID_RANGE");
    EXPECT_EQ(refusal(job(LogitsWorkload{.ids = {}})), "PROMPT_EMPTY");
    EXPECT_EQ(refusal(job(BenchmarkWorkload{.prompt_tokens = 8190, .new_tokens = 8})), "CONTEXT_TOO_LONG");
    EXPECT_EQ(refusal(job(question({.max_new_tokens = 9000}))), "CONTEXT_TOO_LONG");
    Job small = job(BenchmarkWorkload{.prompt_tokens = 32, .new_tokens = 8});
    small.load.context = 39;
    EXPECT_EQ(refusal(small), "CONTEXT_TOO_LONG");
    Job elsewhere = job(question());
    elsewhere.device.device = "abacus";
    EXPECT_EQ(refusal(elsewhere), "DEVICE_NAME");
    Job silent = job(question());
    silent.pairing.model.location = "random:smollm2-135m";
    EXPECT_NE(refusal(silent), "none");
    Job missing = job(question());
    missing.pairing.model.location = "/nowhere/model.gguf";
    EXPECT_NE(refusal(missing), "none");
}

TEST_F(RunJob, random_weights_of_a_catalogued_shape_are_timed_without_a_download) {
    model_ = {.name = "", .location = "random:smollm2-135m", .sha256 = ""};
    const BenchmarkWorkload workload{.prompt_tokens = 16, .new_tokens = 4, .repetitions = 2, .warmup = 0};
    const auto report = run_job(job(workload), observer_, {});
    ASSERT_TRUE(report.ok()) << report.error().to_string();
    EXPECT_EQ(observer_.tokens(0).size(), 4u);
    EXPECT_EQ(observer_.tokens(0), observer_.tokens(1));
    EXPECT_EQ(fact(*report, "model_format"), "random");
    EXPECT_EQ(fact(*report, "model"), "random:smollm2-135m");
}

// A second is generous: the worker's promise is a fraction of one, on a machine that does nothing else.
TEST_F(RunJob, cancelling_takes_effect_soon_in_every_phase) {
    const auto cancelled_after = [&](const std::string& phase, std::int64_t prompt_tokens) {
        test::RecordingObserver observer;
        std::stop_source stop;
        Clock::time_point asked;
        observer.on_observation = [&](const Observation& o) {
            if (o.kind == ObservationKind::phase_begin && o.name == phase) {
                asked = Clock::now();
                stop.request_stop();
            }
        };
        const auto report = run_job(
            job(BenchmarkWorkload{.prompt_tokens = prompt_tokens, .new_tokens = 200, .repetitions = 1, .warmup = 0}),
            observer, stop.get_token());
        EXPECT_FALSE(report.ok()) << phase;
        EXPECT_EQ(report.ok() ? "" : report.error().code, "CANCELLED") << phase;
        return std::chrono::duration<double>(Clock::now() - asked).count();
    };
    EXPECT_LT(cancelled_after("load", 16), 1);
    EXPECT_LT(cancelled_after("prefill", 4096), 2);
    EXPECT_LT(cancelled_after("decode", 16), 1);
}

}  // namespace
}  // namespace tandem
