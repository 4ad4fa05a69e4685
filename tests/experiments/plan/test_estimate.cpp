// Memory and time that a trial will need, against sums worked out by hand.
#include "experiments/plan/estimate.h"

#include "tests/experiments/plan/plan_fixture.h"

namespace tandem::test {
namespace {

Job benchmark(Dtype dtype, std::int64_t prompt, std::int64_t fresh, std::int64_t context = 0) {
    Job job;
    job.load = {.dtype = dtype, .context = context};
    job.workload = BenchmarkWorkload{.prompt_tokens = prompt, .new_tokens = fresh, .repetitions = 4, .warmup = 1};
    return job;
}

TEST(Estimate, weights_by_number_format) {
    const ModelFacts model = small_model();
    EXPECT_EQ(weights_bytes_as(Dtype::native, model), 91'000'000);
    EXPECT_EQ(weights_bytes_as(Dtype::f32, model), 4 * 134'515'008LL);
    EXPECT_EQ(weights_bytes_as(Dtype::bf16, model), 2 * 134'515'008LL);
    EXPECT_EQ(weights_bytes_as(Dtype::int8, model), 134'515'008LL / 32 * 34);
    EXPECT_EQ(weights_bytes_as(Dtype::int4, model), 134'515'008LL / 32 * 18);
}

TEST(Estimate, the_kv_cache_is_two_numbers_a_layer_head_dimension_and_slot) {
    const ModelFacts model = small_model();
    // 2 * 30 layers * 3 heads * 64 * (100 + 28 slots) * 4 bytes
    EXPECT_EQ(estimate_memory(benchmark(Dtype::f32, 100, 28), model).kv_cache, 2 * 30 * 3 * 64 * 128 * 4);
    EXPECT_EQ(estimate_memory(benchmark(Dtype::bf16, 100, 28), model).kv_cache, 2 * 30 * 3 * 64 * 128 * 2);
    EXPECT_EQ(estimate_memory(benchmark(Dtype::f32, 100, 28, 1024), model).kv_cache, 2 * 30 * 3 * 64 * 1024 * 4);
}

TEST(Estimate, an_encoder_decoder_keeps_its_target_from_the_start_on_and_the_source_for_cross_attention) {
    ModelFacts model = small_model();
    model.shape.kind = ModelKind::encoder_decoder;
    const std::int64_t number = 2 * 30 * 3 * 64 * 4;
    EXPECT_EQ(estimate_memory(benchmark(Dtype::f32, 100, 28), model).kv_cache, number * (1 + 28 + 100));
    EXPECT_EQ(estimate_memory(benchmark(Dtype::f32, 100, 28, 40), model).kv_cache, number * (40 + 100));
    Job logits;
    logits.load.dtype = Dtype::f32;
    logits.workload = LogitsWorkload{.ids = {1, 2, 3}, .decoder_ids = {1, 2}};
    EXPECT_EQ(estimate_memory(logits, model).kv_cache, number * (1 + 2 + 3));
}

TEST(Estimate, beams_have_a_cache_each_beside_that_of_the_prompt) {
    Job job = benchmark(Dtype::f32, 1, 1);
    GenerateWorkload workload{.prompts = {"x"}};
    job.workload = workload;
    const std::int64_t one = estimate_memory(job, small_model()).kv_cache;
    workload.generation.beams = 4;
    job.workload = workload;
    EXPECT_EQ(estimate_memory(job, small_model()).kv_cache, 5 * one);
}

TEST(Estimate, the_total_is_the_sum_that_is_shown) {
    const MemoryNeed need = estimate_memory(benchmark(Dtype::f32, 100, 28), small_model());
    EXPECT_EQ(need.total(), need.weights + need.kv_cache + need.activations + need.process);
    EXPECT_GT(need.activations, 0);
    EXPECT_GT(need.process, 100 << 20);
    EXPECT_EQ(need.to_string().substr(0, 26), "513.1 MiB weights + 5.6 Mi");
    EXPECT_NE(need.to_string().find(" = " + show_bytes(need.total())), std::string::npos);
}

TEST(Estimate, more_work_never_needs_less) {
    const ModelFacts model = small_model();
    const MachineFacts here = machine();
    double before = 0;
    std::int64_t memory_before = 0;
    for (const std::int64_t tokens : {1, 16, 256, 4096, 65536, 16777216}) {
        const Job job = benchmark(Dtype::f32, tokens, 32);
        EXPECT_GT(estimate_seconds(job, model, here), before);
        EXPECT_GT(estimate_memory(job, model).total(), memory_before);
        before = estimate_seconds(job, model, here);
        memory_before = estimate_memory(job, model).total();
    }
    EXPECT_LT(estimate_seconds(benchmark(Dtype::int8, 1, 256), model, here),
              estimate_seconds(benchmark(Dtype::f32, 1, 256), model, here));
}

TEST(Estimate, time_is_loading_prefill_by_arithmetic_and_decode_by_bandwidth) {
    // 91e6 / 1e9 + 5 runs * (2 * 134515008 * 100 / 50e9 + 28 * 538060032 / 20e9)
    EXPECT_NEAR(estimate_seconds(benchmark(Dtype::f32, 100, 28), small_model(), machine()),
                0.091 + 5 * (0.53806 + 0.753284), 1e-3);
}

TEST(Estimate, hostile_shapes_saturate) {
    ModelFacts model = small_model();
    model.shape.cache_per_token = model.shape.vocab = std::int64_t{1} << 62;
    model.parameters = model.weights_bytes = std::numeric_limits<std::int64_t>::max();
    const MemoryNeed need = estimate_memory(benchmark(Dtype::f32, 16777216, 1048576), model);
    EXPECT_EQ(need.kv_cache, 9'000'000'000'000'000'000);
    EXPECT_EQ(need.total(), 9'000'000'000'000'000'000);
}

TEST(Estimate, a_null_workload_loads_nothing) {
    const Job job{
        .pairing = {}, .device = {}, .load = {}, .workload = NullWorkload{.observations = 1000, .interval_us = 500}};
    const MemoryNeed need = estimate_memory(job, small_model());
    EXPECT_EQ(need.weights + need.kv_cache + need.activations, 0);
    EXPECT_DOUBLE_EQ(estimate_seconds(job, small_model(), machine()), 0.5);
}

TEST(Estimate, bytes_are_shown_in_binary_units) {
    EXPECT_EQ(show_bytes(0), "0 B");
    EXPECT_EQ(show_bytes(1023), "1023 B");
    EXPECT_EQ(show_bytes(1536), "1.5 KiB");
    EXPECT_EQ(show_bytes(std::int64_t{5} << 40), "5.0 TiB");
}

}  // namespace
}  // namespace tandem::test
