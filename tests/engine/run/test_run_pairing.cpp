// The engine's door with pairings of tiny checkpoints: a large model guides a small one, timed and in words.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "engine/pairing/load_system.h"
#include "engine/pairing/pairing_folder.h"
#include "engine/run_job.h"
#include "engine/tokenizer/tokenizer.h"
#include "tests/support/recording_observer.h"
#include "tests/support/temporary_folder.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

const std::string fixtures = TANDEM_SOURCE_DIR "/tests/data/models/";

class RunPairing : public ::testing::Test {
protected:
    static Job job_of(const std::string& small, const std::string& large, Workload workload) {
        Job job;
        job.pairing = {.method = PairingMethod::llm_to_slm,
                       .model = {.name = "little", .location = small, .sha256 = "5"},
                       .partner = {.name = "big", .location = large, .sha256 = "6"}};
        job.workload = std::move(workload);
        job.device.threads = 1;
        job.seed = 3;
        return job;
    }
    Result<Report> run(const Job& job) {
        observer.observations.clear();
        return run_job(job, observer, {});
    }
    // A checkpoint with a tokenizer of twelve words.
    std::string speaking(const std::string& name) {
        const fs::path folder = folder_.path() / name;
        fs::copy(fixtures + name, folder);
        std::ofstream(folder / "tokenizer.json")
            << R"({"version": "1.0", "added_tokens": [], "normalizer": null, "pre_tokenizer": {"type": "Whitespace"},
                   "post_processor": null, "decoder": null, "model": {"type": "WordLevel", "unk_token": "x",
                   "vocab": {"x": 0, "a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": 6, "g": 7, "h": 8, "i": 9, "j": 10,
                             "k": 11}}})";
        return folder.string();
    }
    static std::string fact(const Report& report, std::string_view name) {
        const auto found = std::ranges::find(report.facts, name, &Fact::name);
        return found == report.facts.end() ? "missing" : found->value;
    }
    static double mean(const Report& report, std::string_view name) {
        return std::ranges::find(report.metrics, name, &MetricSummary::name)->mean.value();
    }
    std::vector<double> drafts(std::string_view name) const {
        std::vector<double> values;
        for (const Observation& sample : observer.of(ObservationKind::sample)) {
            if (sample.name == name && sample.repetition >= 0) {
                values.push_back(sample.value);
            }
        }
        return values;
    }
    bool noted(std::string_view name) const {
        return std::ranges::any_of(observer.of(ObservationKind::note),
                                   [&](const Observation& note) { return note.name == name; });
    }

    test::TemporaryFolder folder_;
    test::RecordingObserver observer;
};

TEST_F(RunPairing, a_benchmark_times_both_models_and_counts_their_memory) {
    const Job job = job_of(fixtures + "gpt2_published", fixtures + "mistral_full",
                           BenchmarkWorkload{.prompt_tokens = 6, .new_tokens = 4, .repetitions = 2, .warmup = 1});
    const auto report = run(job);
    ASSERT_TRUE(report.ok()) << report.error().to_string();
    EXPECT_EQ(fact(*report, "method"), "llm-to-slm");
    EXPECT_EQ(fact(*report, "model"), "little");
    EXPECT_EQ(fact(*report, "partner"), "big");
    EXPECT_EQ(fact(*report, "partner_sha256"), "6");
    EXPECT_EQ(fact(*report, "kv_cache_slots"), "10");
    EXPECT_TRUE(noted("projector_untrained"));
    const auto loaded = load_system(prepare_system_of_ids(job.pairing).value(), {}, at::kCPU, 3, {}, {}).value();
    ASSERT_EQ(loaded.models.size(), 2U);
    EXPECT_EQ(mean(*report, "weights_bytes"), static_cast<double>(loaded.weights_bytes()));
    EXPECT_GT(loaded.weights_bytes(), loaded.models[0]->weights_bytes());
    EXPECT_EQ(fact(*report, "partner_weights_bytes"), std::to_string(loaded.models[1]->weights_bytes()));
    EXPECT_EQ(observer.tokens(1).size(), 4U);
    EXPECT_EQ(observer.tokens(1), observer.tokens(0));
    const auto first = observer.tokens(0);
    ASSERT_TRUE(run(job).ok());
    EXPECT_EQ(observer.tokens(0), first);
}

TEST_F(RunPairing, prompts_are_answered_by_both) {
    const GenerateWorkload workload{.prompts = {"a b c", "d e"}, .generation = {.max_new_tokens = 5}};
    Job job = job_of(speaking("t5_first"), speaking("mistral_full"), workload);
    const auto report = run(job);
    ASSERT_TRUE(report.ok()) << report.error().to_string();
    EXPECT_EQ(fact(*report, "partner_chat_template"), "none in the model");
    EXPECT_EQ(observer.of(ObservationKind::output).size(), 2U);
    const auto answered = observer.tokens(0);

    const auto loaded = load_system(job.pairing, job.load, {}, at::kCPU, job.seed, {}, {}).value();
    const GuidedPrompt prompt = loaded.system->prompt("a b c").value();
    EXPECT_EQ(prompt.small, (std::vector<TokenId>{1, 2, 3}));
    EXPECT_EQ(prompt.alignment, (std::vector<PositionRange>{{0, 1}, {1, 2}, {2, 3}}));

    job.pairing.guidance.llm_prompt = "k k {prompt}";
    const auto framed =
        load_system(job.pairing, job.load, {.partner_prompt = "k k {prompt}"}, at::kCPU, job.seed, {}, {});
    EXPECT_EQ(framed->system->prompt("a b")->large, (std::vector<TokenId>{11, 11, 1, 2}));
    EXPECT_EQ(framed->system->prompt("a b")->alignment, (std::vector<PositionRange>{{2, 3}, {3, 4}}));
    ASSERT_TRUE(run(job).ok());
    job.pairing.guidance.llm_prompt = "k k";
    EXPECT_EQ(run(job).error().code, "PAIRING_PROMPT");
    EXPECT_FALSE(answered.empty());
}

TEST_F(RunPairing, a_drafting_model_changes_no_word_and_its_drafts_are_counted) {
    const std::string large = speaking("mistral_full");
    const std::string small = speaking("llama_biases");
    const GenerateWorkload workload{.prompts = {"a b c", "d e"}, .generation = {.max_new_tokens = 12}};
    Job job = job_of(large, "", workload);
    job.pairing.method = PairingMethod::single;
    ASSERT_TRUE(run(job).ok());
    const auto alone = observer.tokens(0);
    EXPECT_TRUE(drafts("draft_tokens").empty());

    job.pairing.partner = {.name = "quick", .location = small};
    job.pairing.method = PairingMethod::speculative;
    job.pairing.speculative = {.draft_tokens = 3, .slm_dtype = Dtype::f32};
    const auto report = run(job);
    ASSERT_TRUE(report.ok()) << report.error().to_string();
    EXPECT_EQ(fact(*report, "method"), "speculative");
    EXPECT_EQ(fact(*report, "partner"), "quick");
    EXPECT_EQ(fact(*report, "partner_dtype"), "f32");
    EXPECT_EQ(observer.tokens(0), alone);
    ASSERT_EQ(drafts("draft_tokens").size(), 2U);
    ASSERT_EQ(drafts("accepted_tokens").size(), 2U);
    EXPECT_GT(drafts("draft_tokens")[0], 0);
    EXPECT_NEAR(mean(*report, "acceptance_rate"),
                (drafts("accepted_tokens")[0] / drafts("draft_tokens")[0] +
                 drafts("accepted_tokens")[1] / drafts("draft_tokens")[1]) /
                    2,
                1e-12);

    job.workload = BenchmarkWorkload{.prompt_tokens = 6, .new_tokens = 9, .repetitions = 1, .warmup = 1};
    job.pairing.partner.location = large;
    const auto itself = run(job);
    ASSERT_TRUE(itself.ok()) << itself.error().to_string();
    EXPECT_EQ(mean(*itself, "acceptance_rate"), 1);
    EXPECT_EQ(observer.tokens(0).size(), 9U);
}

TEST_F(RunPairing, models_that_cannot_draft_are_refused_before_weights_are_read) {
    Job job = job_of(fixtures + "mistral_full", fixtures + "t5_first", BenchmarkWorkload{.prompt_tokens = 6});
    job.pairing.method = PairingMethod::speculative;
    EXPECT_EQ(run(job).error().code, "PAIRING_KINDS");
    job.pairing.partner.location = fixtures + "gpt2_published";
    EXPECT_EQ(run(job).error().code, "PAIRING_VOCABULARY");
    job.pairing.partner.location = fixtures + "llama_dynamic";
    const auto too_long = run(job);
    EXPECT_EQ(too_long.error().code, "CONTEXT_TOO_LONG");
    job.pairing.trained.location = folder_.path().string();
    EXPECT_EQ(run(job).error().code, "PAIRING_FOLDER");
}

TEST_F(RunPairing, a_trained_pairing_is_loaded_from_its_folder) {
    const std::string large = fixtures + "mistral_full";
    Job job = job_of(fixtures + "gpt2_published", large, BenchmarkWorkload{.prompt_tokens = 6, .new_tokens = 8});
    ASSERT_TRUE(run(job).ok());
    const auto untrained = observer.tokens(0);

    const auto of_ids = prepare_system_of_ids(job.pairing).value();
    const PairingSettings settings{.fusion = Fusion::replace, .projector = {.kind = ProjectorKind::linear}};
    Projector projector =
        Projector::create(settings.projector, {of_ids.partner->facts.shape.hidden, of_ids.model.facts.shape.hidden}, 77,
                          at::kCPU)
            .value();
    const fs::path trained = folder_.path() / "trained";
    ASSERT_TRUE(save_pairing(trained, {.large = job.pairing.partner,
                                       .small = job.pairing.model,
                                       .settings = settings,
                                       .projector = std::move(projector)})
                    .ok());
    job.pairing.trained.location = trained.string();
    const auto report = run(job);
    ASSERT_TRUE(report.ok()) << report.error().to_string();
    EXPECT_FALSE(noted("projector_untrained"));
    EXPECT_NE(observer.tokens(0), untrained);
    EXPECT_EQ(prepare_system_of_ids(job.pairing)->settings.fusion, Fusion::replace);

    fs::copy(fixtures + "gpt2_published", trained / "small");
    ASSERT_TRUE(run(job).ok());
    EXPECT_EQ(prepare_system_of_ids(job.pairing)->model.reference.location, (trained / "small").string());
    fs::create_directory(trained / "adapter");
    EXPECT_EQ(run(job).error().code, "PAIRING_FOLDER");
    fs::remove(trained / "adapter");

    Job other = job;
    other.pairing.partner.sha256 = "7";
    EXPECT_EQ(run(other).error().code, "PAIRING_FOLDER");
    other = job;
    other.pairing.guidance.settings.fusion = Fusion::prepend;
    EXPECT_EQ(run(other).error().code, "PAIRING_FOLDER");
    other = job;
    other.pairing.partner.location = fixtures + "opt_plain";  // of another width
    EXPECT_EQ(run(other).error().code, "PAIRING_PROJECTOR");
}

TEST_F(RunPairing, a_soft_prompt_that_was_never_trained_is_measured_and_says_so) {
    Job job = job_of(fixtures + "gpt2_published", "", BenchmarkWorkload{.prompt_tokens = 6, .new_tokens = 4});
    job.pairing.method = PairingMethod::prompt_tuning;
    job.pairing.soft_prompt.soft_tokens = 5;
    const auto report = run(job);
    ASSERT_TRUE(report.ok()) << report.error().to_string();
    const auto notes = observer.of(ObservationKind::note);
    EXPECT_TRUE(
        std::ranges::any_of(notes, [](const Observation& note) { return note.name == "soft_prompt_untrained"; }));
    job.pairing.soft_prompt.soft_tokens = 60000;
    EXPECT_EQ(run(job).error().code, "CONTEXT_TOO_LONG");
}

TEST_F(RunPairing, what_cannot_run_is_refused_before_weights_are_read) {
    const std::string small = fixtures + "gpt2_published";
    Job job = job_of(small, fixtures + "mistral_full", LogitsWorkload{.ids = {1}});
    const auto refusal = [&] {
        const auto found = run(job);
        EXPECT_TRUE(observer.of(ObservationKind::phase_begin).empty());
        return found.ok() ? Error{} : found.error();
    };
    EXPECT_EQ(refusal().code, "UNSUPPORTED");
    job.workload = BenchmarkWorkload{.prompt_tokens = 6, .new_tokens = 4};
    job.pairing.method = PairingMethod::llm_to_slm;
    job.pairing.guidance.settings.place = FusionPlace::encoder_output;
    EXPECT_EQ(refusal().code, "PAIRING_FUSION");
    job.pairing.guidance = {};
    job.pairing.guidance.settings.layer = 99;
    EXPECT_EQ(refusal().code, "PAIRING_LAYER");
    job.pairing.guidance = {};
    job.pairing.partner.location = fixtures + "vit";
    EXPECT_EQ(refusal().code, "MODEL_KIND");
    job.pairing.partner.location = fixtures + "mistral_full";
    job.workload = BenchmarkWorkload{.prompt_tokens = 100000, .new_tokens = 4};
    EXPECT_EQ(refusal().code, "CONTEXT_TOO_LONG");
    job.workload = GenerateWorkload{.prompts = {"x"}};
    EXPECT_EQ(refusal().code, Tokenizer::open(small).error().code);  // it has none
}

}  // namespace
}  // namespace tandem
