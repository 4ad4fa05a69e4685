#include "engine/run_workloads.h"

#include <gtest/gtest.h>

#include <cstring>
#include <set>

#include "engine/benchmark/derive.h"
#include "engine/pairing/single_system.h"
#include "engine/tensor/safetensors.h"
#include "tests/engine/pairing/pairing_support.h"
#include "tests/support/fake_encoder_decoder.h"
#include "tests/support/fake_model.h"
#include "tests/support/fake_tokenizer.h"
#include "tests/support/recording_observer.h"
#include "tests/support/stepping_clock.h"

namespace tandem {
namespace {

using test::FakeModel;
using test::FakeTokenizer;

ModelShape shape_of(std::int64_t context) {
    return {.vocab = FakeModel::vocab, .context = context};
}

class RunWorkloads : public ::testing::Test {
protected:
    RunContext context(const FakeModel& model, std::int64_t slots) {
        return {.model = model,
                .recorder = recorder,
                .machine = machine,
                .stop = stop.get_token(),
                .seed = 1,
                .cache_slots = slots};
    }
    std::shared_ptr<const SystemPrompts> prompts(const GenerateWorkload& workload) const {
        return SystemPrompts::create(tokenizer, {.chat = workload.chat, .system = workload.system}).value();
    }
    Result<void> generate_by(AnyLm model, const GenerateWorkload& workload, const Positions& room) {
        const auto made = prompts(workload);
        const auto system = single_system(model, made);
        return run_generate(workload, *made, system_context(*system, room));
    }
    Result<void> benchmark_of(const FakeModel& model, const BenchmarkWorkload& workload, std::vector<TokenId> prompt,
                              std::int64_t slots) {
        const auto system = single_system(model, nullptr, {}).value();
        return run_benchmark(workload, {.small = std::move(prompt), .large = {}, .alignment = {}},
                             system_context(*system, {.cache = slots}));
    }
    Result<Positions> fits(const GenerateWorkload& workload, const ModelShape& shape) const {
        return check_generate(workload, *prompts(workload), [&](const GuidedPrompt& prompt) {
            return single_positions(shape, prompt, workload.generation.max_new_tokens);
        });
    }
    SystemContext system_context(const System& system, const Positions& room) {
        return {.system = system,
                .recorder = recorder,
                .machine = machine,
                .stop = stop.get_token(),
                .seed = 1,
                .room = room};
    }
    MetricSummary metric(std::string_view name) const {
        for (MetricSummary& m : recorder.report().metrics) {
            if (m.name == name) {
                return m;
            }
        }
        ADD_FAILURE() << name;
        return {};
    }
    std::string fact(std::string_view name) const {
        for (const Fact& f : recorder.report().facts) {
            if (f.name == name) {
                return f.value;
            }
        }
        return "missing";
    }

    const std::shared_ptr<const Tokenizer> tokenizer = std::make_shared<FakeTokenizer>();
    test::RecordingObserver observer;
    test::SteppingClock clock;
    TrialRecorder recorder{observer, clock};
    MachineSampler machine{recorder};
    std::stop_source stop;
};

TEST_F(RunWorkloads, an_answer_is_told_in_order_with_its_phases_tokens_and_text) {
    const FakeModel model = FakeModel::saying({'Y', 'e', 's', FakeTokenizer::end_of_text}, 5);
    const GenerateWorkload workload{.prompts = {"Sure?"}, .chat = false};
    ASSERT_TRUE(generate_by(model, workload, {.cache = 100}).ok());
    const std::vector<std::string> expected{"sample kv_cache_bytes",
                                            "phase_begin tokenize",
                                            "phase_end tokenize",
                                            "sample prompt_tokens",
                                            "phase_begin prefill",
                                            "phase_end prefill",
                                            "token",
                                            "phase_begin decode",
                                            "token",
                                            "token",
                                            "token",
                                            "phase_end decode",
                                            "sample rss_bytes",
                                            "sample peak_rss_bytes",
                                            "output eos"};
    std::vector<std::string> sequence = observer.sequence(0);
    std::erase(sequence, "sample energy_joules");  // where the machine has a counter
    // The clock of the test runs a millisecond a call: far from the second after which memory is sampled in between.
    EXPECT_EQ(sequence, expected);
    const auto outputs = observer.of(ObservationKind::output);
    ASSERT_EQ(outputs.size(), 1u);
    EXPECT_EQ(outputs[0].text, "Yes");
    EXPECT_EQ(outputs[0].value, 4);
    EXPECT_EQ(fact("kv_cache_slots"), "100");
    for (std::size_t i = 1; i < observer.observations.size(); ++i) {
        EXPECT_GE(observer.observations[i].time_ns, observer.observations[i - 1].time_ns) << i;
    }
}

TEST_F(RunWorkloads, an_encoder_decoder_answers_out_of_its_target_and_its_source_is_counted) {
    const test::FakeEncoderDecoder model({'Y', 'e', 's', FakeTokenizer::end_of_text, 'x'});
    GenerateWorkload workload{
        .prompts = {"Sure?", "Really sure?"}, .chat = false, .generation = {.max_new_tokens = 20}};
    ASSERT_TRUE(generate_by(model, workload, {.cache = 65, .source = 12}).ok());
    const auto outputs = observer.of(ObservationKind::output);
    ASSERT_EQ(outputs.size(), 2u);
    EXPECT_EQ(outputs[1].text, "Yes");
    EXPECT_EQ(model.encoded, 2);
    EXPECT_EQ(metric("kv_cache_bytes").mean, 2 * 2 * 4 * (65 + 12));
    const auto room = fits(workload, model.shape());
    ASSERT_TRUE(room.ok());
    EXPECT_EQ(room->cache, 21);
    EXPECT_EQ(room->source, 12);
    workload.generation.max_new_tokens = 51;  // its context is 50
    EXPECT_EQ(fits(workload, model.shape()).error().code, "CONTEXT_TOO_LONG");
}

TEST_F(RunWorkloads, a_search_counts_its_caches_and_only_goes_forward) {
    const test::LoadedModel loaded("llama_biases");
    GenerateWorkload workload{
        .prompts = {"\x05\x09\x04"}, .chat = false, .generation = {.max_new_tokens = 6, .beams = 3}};
    ASSERT_TRUE(generate_by(loaded.any(), workload, {.cache = 9}).ok());
    EXPECT_EQ(fact("decoding"), "beams");
    EXPECT_EQ(metric("kv_cache_bytes").mean, static_cast<double>(4 * loaded.any().cache_shape(9).bytes()));
    EXPECT_EQ(observer.tokens(0).size(), 6u);
    for (std::size_t i = 1; i < observer.steps.size(); ++i) {
        EXPECT_GE(observer.steps[i].fraction, observer.steps[i - 1].fraction) << i;
    }
    workload.generation.greedy = false;
    EXPECT_EQ(fits(workload, loaded.any().shape()).error().code, "OPTION_CONFLICT");
}

TEST_F(RunWorkloads, prompts_are_answered_in_order_each_as_a_repetition) {
    const FakeModel model = FakeModel::mixing();
    const GenerateWorkload workload{.prompts = {"one", "two", "one"},
                                    .generation = {.max_new_tokens = 8, .ignore_eos = true}};
    ASSERT_TRUE(generate_by(model, workload, {.cache = 11}).ok());
    EXPECT_EQ(observer.tokens(0), observer.tokens(2));
    EXPECT_NE(observer.tokens(0), observer.tokens(1));
    EXPECT_EQ(observer.of(ObservationKind::output).size(), 3u);
    EXPECT_EQ(metric("ttft_ms").n, 3);
    EXPECT_EQ(metric("peak_rss_bytes").n, 3);
    EXPECT_EQ(metric("kv_cache_bytes").n, 1);
}

TEST_F(RunWorkloads, a_prompt_draws_the_same_numbers_wherever_it_stands_behind_others) {
    const FakeModel model = FakeModel::mixing();
    GenerateWorkload workload{.prompts = {"one", "two"},
                              .generation = {.max_new_tokens = 8, .greedy = false, .ignore_eos = true}};
    ASSERT_TRUE(generate_by(model, workload, {.cache = 100}).ok());
    const auto second = observer.tokens(1);
    observer.observations.clear();
    workload.prompts[0] = "another beginning";
    ASSERT_TRUE(generate_by(model, workload, {.cache = 100}).ok());
    EXPECT_EQ(observer.tokens(1), second);
}

TEST_F(RunWorkloads, a_missing_chat_template_and_an_unused_system_message_are_noted) {
    const FakeModel model = FakeModel::mixing();
    const GenerateWorkload workload{.prompts = {"x"}, .chat = true, .system = "Be brief."};
    ASSERT_TRUE(generate_by(model, workload, {.cache = 100}).ok());
    std::set<std::string> notes;
    for (const Observation& note : observer.of(ObservationKind::note)) {
        notes.insert(note.name);
    }
    EXPECT_EQ(notes, (std::set<std::string>{"no_chat_template", "system_unused"}));
    EXPECT_EQ(fact("chat_template"), "none in the model");
}

TEST_F(RunWorkloads, prompts_that_do_not_fit_are_refused_by_number) {
    const GenerateWorkload workload{.prompts = {"short", std::string(100, 'x')}, .generation = {.max_new_tokens = 20}};
    const auto refused = fits(workload, shape_of(119));
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, "CONTEXT_TOO_LONG");
    EXPECT_EQ(refused.error().where, "prompts[1]");
    EXPECT_NE(refused.error().message.find("120 in all"), std::string::npos) << refused.error().message;
    EXPECT_NE(refused.error().message.find("119"), std::string::npos) << refused.error().message;
    EXPECT_EQ(fits(workload, shape_of(120))->cache, 120);
    EXPECT_EQ(fits({}, shape_of(120)).error().code, "PROMPT_EMPTY");
    EXPECT_EQ(fits({.prompts = {""}}, shape_of(120)).error().where, "prompts[0]");
}

TEST_F(RunWorkloads, a_cancelled_answer_is_told_as_far_as_it_came) {
    const FakeModel model = FakeModel::saying({'a', 'b', 'c', 'd', 'e'}, 1);
    observer.on_observation = [&](const Observation& o) {
        if (o.kind == ObservationKind::token && o.index == 2) {
            stop.request_stop();
        }
    };
    const GenerateWorkload workload{.prompts = {"x", "y"}};
    const auto done = generate_by(model, workload, {.cache = 100});
    ASSERT_FALSE(done.ok());
    EXPECT_EQ(done.error().code, "CANCELLED");
    EXPECT_EQ(done.error().kind, ErrorKind::cancelled);
    const auto outputs = observer.of(ObservationKind::output);
    ASSERT_EQ(outputs.size(), 1u);
    EXPECT_EQ(outputs[0].name, "cancelled");
    EXPECT_EQ(outputs[0].text, "abc");
}

TEST_F(RunWorkloads, a_benchmark_gives_one_sample_a_repetition_and_none_for_warm_ups) {
    const FakeModel model = FakeModel::mixing();
    const BenchmarkWorkload workload{.prompt_tokens = 20, .new_tokens = 6, .repetitions = 3, .warmup = 2};
    const auto prompt = synthetic_prompt(20, FakeModel::vocab, nullptr, 1);
    ASSERT_TRUE(benchmark_of(model, workload, prompt, 26).ok());
    for (const std::int64_t r : {-2, -1, 0, 1, 2}) {
        EXPECT_EQ(observer.tokens(r).size(), 6u) << r;
        EXPECT_EQ(observer.tokens(r), observer.tokens(0)) << r;
        EXPECT_EQ(observer.sequence(r).front() == "phase_begin warmup", r < 0) << r;
    }
    EXPECT_EQ(observer.of(ObservationKind::token).size(), 30u);
    for (const auto* name : {"ttft_ms", "prefill_tokens_per_second", "tpot_ms", "decode_tokens_per_second",
                             "end_to_end_ms", "peak_rss_bytes"}) {
        EXPECT_EQ(metric(name).n, 3) << name;
    }
    EXPECT_EQ(metric("inter_token_ms").n, 15);
    EXPECT_EQ(metric("kv_cache_bytes").n, 1);
    EXPECT_EQ(observer.steps.front().what, "warm-up 1 of 2");
    EXPECT_EQ(observer.steps.back().what, "repetition 3 of 3");
}

TEST_F(RunWorkloads, a_benchmark_goes_on_past_the_end_of_text) {
    const FakeModel model = FakeModel::saying(std::vector<std::int64_t>(5, FakeTokenizer::end_of_text), 3);
    const BenchmarkWorkload workload{.prompt_tokens = 3, .new_tokens = 5, .repetitions = 1, .warmup = 0};
    ASSERT_TRUE(benchmark_of(model, workload, {1, 2, 3}, 8).ok());
    EXPECT_EQ(observer.tokens(0).size(), 5u);
}

TEST_F(RunWorkloads, the_report_can_be_derived_again_from_the_observations) {
    const FakeModel model = FakeModel::mixing();
    const BenchmarkWorkload workload{.prompt_tokens = 20, .new_tokens = 6, .repetitions = 3, .warmup = 1};
    ASSERT_TRUE(benchmark_of(model, workload, std::vector<TokenId>(20, 1), 26).ok());
    const auto reported = recorder.report().metrics;
    const auto derived = derive_metrics(observer.observations);
    ASSERT_EQ(derived.size(), reported.size());
    for (std::size_t i = 0; i < derived.size(); ++i) {
        EXPECT_EQ(derived[i].name, reported[i].name);
        EXPECT_EQ(derived[i].samples, reported[i].samples);
        EXPECT_EQ(derived[i].ci95_high, reported[i].ci95_high);
    }
}

TEST_F(RunWorkloads, a_benchmark_is_cancelled_in_its_pause_too) {
    const FakeModel model = FakeModel::mixing();
    observer.on_observation = [&](const Observation& o) {
        if (o.kind == ObservationKind::sample && o.name == "kv_cache_bytes") {
            stop.request_stop();
        }
    };
    const BenchmarkWorkload workload{.prompt_tokens = 3, .new_tokens = 5, .delay_ms = 3600000};
    EXPECT_EQ(benchmark_of(model, workload, {1, 2, 3}, 8).error().code, "CANCELLED");
    EXPECT_TRUE(model.passes.empty());
}

TEST_F(RunWorkloads, logits_come_back_for_every_position) {
    const FakeModel model = FakeModel::mixing();
    LogitsWorkload workload;
    for (std::int64_t i = 0; i < 700; ++i) {
        workload.ids.push_back(i % FakeModel::vocab);
    }
    ASSERT_TRUE(run_logits(workload, context(model, 700)).ok());
    EXPECT_GT(model.passes.size(), 1u);
    const auto& bytes = observer.artefacts["logits.safetensors"];
    const auto file = SafetensorsFile::parse(bytes, "logits.safetensors");
    ASSERT_TRUE(file.ok()) << file.error().to_string();
    const TensorView* logits = (*file)->find("logits");
    ASSERT_NE(logits, nullptr);
    EXPECT_EQ(logits->shape, (std::vector<std::int64_t>{700, FakeModel::vocab}));

    const FakeModel whole = FakeModel::mixing();
    KvCache cache = KvCache::create(whole.cache_shape(1, 700), at::kCPU).value();
    const at::Tensor ids = at::tensor(workload.ids, at::kLong).view({1, 700});
    const at::Tensor expected = whole.forward(ids, cache, LogitsFor::all).contiguous();
    ASSERT_EQ(logits->data.size(), expected.nbytes());
    EXPECT_EQ(std::memcmp(logits->data.data(), expected.const_data_ptr(), expected.nbytes()), 0);
}

}  // namespace
}  // namespace tandem
