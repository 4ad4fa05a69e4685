// The engine's door with tiny encoder-decoders of tests/data/models: logits, timing, refusals.
#include <gtest/gtest.h>

#include <cstring>

#include "engine/run_job.h"
#include "engine/tensor/safetensors.h"
#include "tests/support/recording_observer.h"

namespace tandem {
namespace {

const std::string fixtures = TANDEM_SOURCE_DIR "/tests/data/models/";

class RunEncoderDecoder : public ::testing::Test {
protected:
    Result<Report> run(const std::string& name, Workload workload) {
        Job job;
        job.pairing.model = {.name = name, .location = fixtures + name};
        job.workload = std::move(workload);
        job.device.threads = 1;
        return run_job(job, observer, {});
    }

    // Row 0 of an i32 tensor of the expectations.
    static std::vector<std::int64_t> first_row(const SafetensorsFile& file, std::string_view name) {
        const TensorView* view = file.find(name);
        std::vector<std::int32_t> ids(static_cast<std::size_t>(view->shape[1]));
        std::memcpy(ids.data(), view->data.data(), ids.size() * sizeof(std::int32_t));
        return {ids.begin(), ids.end()};
    }

    static std::vector<float> floats(const TensorView& view, std::size_t count) {
        std::vector<float> numbers(count);
        std::memcpy(numbers.data(), view.data.data(), count * sizeof(float));
        return numbers;
    }

    test::RecordingObserver observer;
};

TEST_F(RunEncoderDecoder, logits_are_those_after_each_of_the_decoders_ids) {
    const auto expected = SafetensorsFile::open(fixtures + "marian_own_vocabularies/expected.safetensors").value();
    const LogitsWorkload workload{.ids = first_row(*expected, "source"), .decoder_ids = first_row(*expected, "target")};
    const auto report = run("marian_own_vocabularies", workload);
    ASSERT_TRUE(report.ok()) << report.error().to_string();
    const auto found = SafetensorsFile::parse(observer.artefacts.at("logits.safetensors"), "artefact").value();
    const TensorView* logits = found->find("logits");
    const std::size_t count = workload.decoder_ids.size() * 40;
    EXPECT_EQ(logits->shape, (std::vector<std::int64_t>{9, 40}));
    const std::vector<float> numbers = floats(*logits, count);
    const std::vector<float> reference = floats(*expected->find("logits"), count);
    for (std::size_t i = 0; i < count; ++i) {
        ASSERT_NEAR(numbers[i], reference[i], 1e-4) << i;
    }
}

TEST_F(RunEncoderDecoder, without_ids_for_the_decoder_it_is_given_the_models_start) {
    ASSERT_TRUE(run("bart", LogitsWorkload{.ids = {5, 6, 7}}).ok());
    const auto begun = observer.artefacts.at("logits.safetensors");
    ASSERT_TRUE(run("bart", LogitsWorkload{.ids = {5, 6, 7}, .decoder_ids = {2}}).ok());
    EXPECT_EQ(begun, observer.artefacts.at("logits.safetensors"));
    ASSERT_TRUE(run("bart", LogitsWorkload{.ids = {5, 6, 7}, .decoder_ids = {3}}).ok());
    EXPECT_NE(begun, observer.artefacts.at("logits.safetensors"));
}

TEST_F(RunEncoderDecoder, ids_are_checked_against_the_vocabulary_they_belong_to) {
    // 32 words of the source, 40 of the target
    const auto source = run("marian_own_vocabularies", LogitsWorkload{.ids = {32}});
    EXPECT_EQ(source.error().code, "TOK_ID_RANGE");
    EXPECT_TRUE(run("marian_own_vocabularies", LogitsWorkload{.ids = {31}, .decoder_ids = {39}}).ok());
    EXPECT_EQ(run("marian_own_vocabularies", LogitsWorkload{.ids = {31}, .decoder_ids = {40}}).error().code,
              "TOK_ID_RANGE");
    EXPECT_EQ(run("mistral_full", LogitsWorkload{.ids = {3}, .decoder_ids = {0}}).error().code, "MODEL_KIND");
}

TEST_F(RunEncoderDecoder, a_benchmark_counts_both_caches_and_times_the_encoding) {
    const auto report = run("bart", BenchmarkWorkload{.prompt_tokens = 12, .new_tokens = 8, .repetitions = 2});
    ASSERT_TRUE(report.ok()) << report.error().to_string();
    for (const MetricSummary& metric : report->metrics) {
        if (metric.name == "kv_cache_bytes") {
            // 2 layers, keys and values of 16 numbers: 1 + 8 positions of the target and 12 of the source
            EXPECT_EQ(metric.mean, 2 * 2 * 16 * 4 * (9 + 12));
        } else if (metric.name == "ttft_ms" || metric.name == "prefill_tokens_per_second") {
            EXPECT_EQ(metric.n, 2) << metric.name;
        }
    }
    EXPECT_EQ(run("bart", BenchmarkWorkload{.prompt_tokens = 21, .new_tokens = 1}).error().code, "CONTEXT_TOO_LONG");
    EXPECT_TRUE(run("bart", BenchmarkWorkload{.prompt_tokens = 20, .new_tokens = 20, .repetitions = 1}).ok());
    EXPECT_TRUE(run("t5_first", BenchmarkWorkload{.prompt_tokens = 700, .new_tokens = 3, .repetitions = 1}).ok());
}

}  // namespace
}  // namespace tandem
