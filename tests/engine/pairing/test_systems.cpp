// Systems answer as what they are made of does, and score a target as its own logits do.
#include <gtest/gtest.h>

#include <cmath>

#include "engine/pairing/guided_system.h"
#include "engine/pairing/single_system.h"
#include "tests/engine/pairing/pairing_support.h"
#include "tests/support/fake_tokenizer.h"
#include "tests/support/stepping_clock.h"

namespace tandem::test {
namespace {

const std::vector<TokenId> target{4, 9, 3, 11, 5};

GuidedPrompt five_and_seven() {
    return {.small = {5, 9, 7, 4, 11},
            .large = {3, 8, 6, 12, 10, 5, 9},
            .alignment = {{0, 1}, {1, 3}, {2, 4}, {4, 5}, {5, 7}}};
}

GenerationRequest sampled() {
    return {.prompt = {},
            .options = {.max_new_tokens = 9, .greedy = false, .temperature = 1.5, .ignore_eos = true},
            .end_ids = {},
            .random = Random(3)};
}

Result<Answer> answer(const System& system, const GuidedPrompt& prompt) {
    const auto session = system.open(system.positions(prompt, 9).value()).value();
    SteppingClock clock;
    Silent listener;
    EXPECT_TRUE(session->answer(prompt, sampled(), clock, listener, {}).ok());  // what is left of it must not be seen
    return session->answer(prompt, sampled(), clock, listener, {});
}

// Of each of `target` behind what `decoding` reads, step by step.
double step_by_step(Decoding& decoding, KvCache& cache, const GuidedPrompt& prompt) {
    cache.clear();
    at::Tensor logits = decoding.read(prompt.small, {}).value();
    double sum = 0;
    for (const TokenId id : target) {
        sum += at::log_softmax(logits.to(at::kDouble), 0)[id].item<double>();
        logits = decoding.next(id);
    }
    return sum;
}

class Single : public testing::TestWithParam<const char*> {};

TEST_P(Single, answers_and_scores_as_its_model) {
    const LoadedModel model(GetParam());
    const auto system = single_system(model.any(), nullptr, {}).value();
    const GuidedPrompt prompt = five_and_seven();
    KvCache cache = KvCache::create(model.any().cache_shape(14), at::kCPU).value();
    SteppingClock clock;
    Silent listener;
    GenerationRequest request = sampled();
    request.prompt = prompt.small;
    const auto expected = generate(model.any(), cache, request, nullptr, clock, listener, {});
    EXPECT_EQ(answer(*system, prompt)->tokens, expected->tokens);

    const auto found = system->log_likelihood(prompt, target, {});
    ASSERT_TRUE(found.ok()) << found.error().to_string();
    const auto decoding = model.any().decoding(cache, 2);
    EXPECT_NEAR(*found, step_by_step(*decoding, cache, prompt), 2e-4);
    EXPECT_EQ(system->method(), PairingMethod::single);
    EXPECT_EQ(system->models(), std::vector{&model.any().model()});
}

INSTANTIATE_TEST_SUITE_P(Models, Single,
                         testing::Values("mistral_full", "gpt2_published", "llama_dynamic",
                                         "recurrent_gemma_older_keys", "bart", "t5_first", "marian_own_vocabularies"));

struct Pair {
    const char* large;
    const char* small;
    PairingSettings settings;
};

class GuidedBy : public testing::TestWithParam<Pair> {};

TEST_P(GuidedBy, answers_and_scores_as_the_pairing) {
    const LoadedModel large(GetParam().large);
    const LoadedModel small(GetParam().small);
    const LlmToSlm pairing = drawn_pairing(large.any(), small.any(), GetParam().settings, 5);
    const auto system = guided_system(pairing, nullptr, nullptr, {}).value();
    const GuidedPrompt prompt = five_and_seven();
    const Positions room = system->positions(prompt, 9).value();
    EXPECT_EQ(room.cache, pairing.slots_needed(prompt, 9));
    EXPECT_EQ(room.large, 7);
    KvCache cache = KvCache::create(small.any().cache_shape(room.cache), at::kCPU).value();
    SteppingClock clock;
    Silent listener;
    const auto expected = pairing.generate(prompt, cache, sampled(), nullptr, clock, listener, {});
    EXPECT_EQ(answer(*system, prompt)->tokens, expected->tokens);

    const auto found = system->log_likelihood(prompt, target, {});
    ASSERT_TRUE(found.ok()) << found.error().to_string();
    const auto decoding = pairing.decoding(prompt, cache);
    EXPECT_NEAR(*found, step_by_step(*decoding, cache, prompt), 2e-4);

    GuidedPrompt other = prompt;
    other.large[3] = 2;
    EXPECT_NE(*found, *system->log_likelihood(other, target, {}));
    EXPECT_EQ(system->models().size(), 2U);
    EXPECT_EQ(&system->shape(), &small.any().shape());
}

INSTANTIATE_TEST_SUITE_P(
    Pairs, GuidedBy,
    testing::Values(Pair{"t5_first", "gpt2_published", {}}, Pair{"mistral_full", "t5_first", {}},
                    Pair{"mistral_full", "gpt2_published", {.fusion = Fusion::prepend}},
                    Pair{"t5_first", "mistral_full", {.fusion = Fusion::replace, .aligned = false}},
                    Pair{"gpt2_published",
                         "bart",
                         {.fusion = Fusion::replace, .place = FusionPlace::encoder_output, .aligned = false}}));

TEST(Systems, numbers_that_change_after_a_system_was_made_are_seen) {
    const LoadedModel large("t5_first");
    const LoadedModel small("gpt2_published");
    const LlmToSlm pairing = drawn_pairing(large.any(), small.any(), {}, 5);
    const auto system = guided_system(pairing, nullptr, nullptr, {}).value();
    const double before = system->log_likelihood(five_and_seven(), target, {}).value();
    pairing.projector().parameters()[0].tensor.detach().mul_(2);
    EXPECT_NE(system->log_likelihood(five_and_seven(), target, {}).value(), before);
}

TEST(Systems, what_could_not_run_is_refused) {
    const LoadedModel model("mistral_full");
    const auto system = single_system(model.any(), nullptr, {}).value();
    const std::int64_t vocab = model.any().shape().vocab;
    const auto code_of = [&](const std::vector<TokenId>& prompt, std::int64_t answer) {
        const auto found = system->positions({.small = prompt, .large = {}, .alignment = {}}, answer);
        return found.ok() ? "" : found.error().code;
    };
    EXPECT_EQ(code_of({}, 1), "PROMPT_EMPTY");
    EXPECT_EQ(code_of({static_cast<TokenId>(vocab)}, 1), "TOK_ID_RANGE");
    EXPECT_EQ(code_of({1}, 1), "");
    EXPECT_EQ(code_of({1}, model.any().shape().context), "CONTEXT_TOO_LONG");
    const std::vector<TokenId> foreign{static_cast<TokenId>(vocab)};
    EXPECT_EQ(system->log_likelihood(five_and_seven(), foreign, {}).error().code, "TOK_ID_RANGE");
    EXPECT_EQ(system->log_likelihood(five_and_seven(), {}, {}).value(), 0);
    EXPECT_EQ(system->prompt("text").error().code, "TOK_NONE");
    std::stop_source stop;
    stop.request_stop();
    EXPECT_EQ(system->log_likelihood(five_and_seven(), target, stop.get_token()).error().code, "CANCELLED");
    EXPECT_EQ(single_system(model.any(), nullptr, {.prompt = "no place"}).error().code, "PAIRING_PROMPT");
    EXPECT_EQ(single_system(model.any(), nullptr, {.prompt = "{source} {source}"}).error().code, "PAIRING_PROMPT");
}

TEST(Systems, a_partner_reads_the_whole_prompt_within_its_own_frame) {
    const LoadedModel large("t5_first");
    const LoadedModel small("gpt2_published");
    const LlmToSlm pairing = drawn_pairing(large.any(), small.any(), {}, 5);
    const auto bytes = std::make_shared<FakeTokenizer>();
    const auto system =
        guided_system(pairing, bytes, bytes,
                      {.chat = false, .system = "", .prompt = "a{source}z", .partner_prompt = "Q: {prompt}!"})
            .value();
    const GuidedPrompt prompt = system->prompt("{prompt}").value();
    EXPECT_EQ(bytes->decode(prompt.small, false), "a{prompt}z");
    EXPECT_EQ(bytes->decode(prompt.large, false), "Q: a{prompt}z!");
    ASSERT_EQ(prompt.alignment.size(), prompt.small.size());
    EXPECT_EQ(prompt.alignment.front(), (PositionRange{3, 4}));
    EXPECT_EQ(prompt.alignment.back(), (PositionRange{12, 13}));
    EXPECT_EQ(single_system(small.any(), bytes, {.chat = false, .system = "", .prompt = "a{source}z"})
                  .value()
                  ->prompt("")
                  ->small,
              (std::vector<TokenId>{'a', 'z'}));
}

TEST(Systems, a_synthetic_prompt_can_be_answered_and_is_the_same_for_a_seed) {
    const LoadedModel large("marian_own_vocabularies");
    const LoadedModel small("gpt2_published");
    const LlmToSlm pairing = drawn_pairing(large.any(), small.any(), {}, 5);
    const auto system = guided_system(pairing, nullptr, nullptr, {}).value();
    const GuidedPrompt prompt = system->synthetic(6, 8).value();
    EXPECT_EQ(prompt.small.size(), 6U);
    EXPECT_EQ(prompt.large.size(), 6U);
    EXPECT_EQ(prompt.small, system->synthetic(6, 8)->small);
    EXPECT_NE(prompt.small, system->synthetic(6, 9)->small);
    EXPECT_EQ(answer(*system, prompt)->tokens.size(), 9U);
    const auto session = system->open(system->positions(prompt, 9).value()).value();
    EXPECT_EQ(session->cache_bytes(), small.any().cache_shape(15).bytes());
}

}  // namespace
}  // namespace tandem::test
