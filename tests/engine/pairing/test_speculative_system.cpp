// Speculative decoding of every tiny checkpoint: greedy answers are those of generate(), to the token, whichever model
// drafts. As a system it is the large model in all but the passes.
#include "engine/pairing/speculative_system.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "engine/generation/rewindable.h"
#include "engine/models/inspect.h"
#include "engine/pairing/shared_vocabulary.h"
#include "engine/pairing/single_system.h"
#include "tests/engine/pairing/pairing_support.h"
#include "tests/support/fake_tokenizer.h"
#include "tests/support/stepping_clock.h"

namespace tandem::test {
namespace {

std::vector<std::string> checkpoints(ModelKind kind) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(TANDEM_SOURCE_DIR "/tests/data/models")) {
        const auto facts = inspect_model(entry.path().string());
        if (facts && facts->shape.kind == kind) {
            names.push_back(entry.path().filename().string());
        }
    }
    std::ranges::sort(names);
    return names;
}

GenerationRequest greedy(const ModelShape& shape, std::uint64_t seed, std::int64_t longest) {
    Random random(seed);
    GenerationRequest request{.options = {.max_new_tokens = 24, .repetition_penalty = seed % 2 == 0 ? 1.0 : 1.2}};
    for (std::size_t i = 0; i < 4 + seed % 3; ++i) {
        request.prompt.push_back(static_cast<TokenId>(3 + random.below(20)));
    }
    const auto prompt = shape.kind == ModelKind::encoder_decoder ? 0 : std::ssize(request.prompt);
    if (longest > 0) {
        request.options.max_new_tokens = std::min<std::int64_t>(24, longest - prompt);
    }
    return request;
}

std::int64_t least_context(std::int64_t a, std::int64_t b) {
    return a == 0 ? b : b == 0 ? a : std::min(a, b);
}

Answer alone(const AnyLm& model, const GenerationRequest& request) {
    KvCache cache = KvCache::create(model.cache_shape(40), at::kCPU).value();
    SteppingClock clock;
    Silent listener;
    return generate(model, cache, request, nullptr, clock, listener, {}).value();
}

Result<Answer> drafted(const SpeculativePair& pair, const GenerationRequest& request) {
    KvCache large = KvCache::create(pair.large.cache_shape(40), at::kCPU).value();
    KvCache small = KvCache::create(pair.small.cache_shape(40), at::kCPU).value();
    SteppingClock clock;
    Silent listener;
    return generate_speculative(pair, large, small, request, nullptr, clock, listener, {});
}

class EveryCheckpoint : public testing::TestWithParam<std::pair<ModelKind, const char*>> {};

TEST_P(EveryCheckpoint, answers_with_any_draft_as_it_does_alone) {
    const LoadedModel other(GetParam().second);
    std::int64_t pairs = 0;
    for (const std::string& name : checkpoints(GetParam().first)) {
        const LoadedModel model(name);
        if (!can_rewind(model.any())) {
            EXPECT_EQ(drafted({model.any(), other.any()}, {}).error().code, "PAIRING_REWIND") << name;
            EXPECT_EQ(drafted({other.any(), model.any()}, {}).error().code, "PAIRING_REWIND") << name;
            continue;
        }
        for (const AnyLm& small : {other.any(), model.any(), other.any(), model.any()}) {
            const std::int64_t drafts = 1 + pairs % 8;
            const std::int64_t context = least_context(model.any().shape().context, small.shape().context);
            const auto request = greedy(model.any().shape(), static_cast<std::uint64_t>(pairs), context);
            const Answer expected = alone(model.any(), request);
            const auto answer = drafted({model.any(), small, drafts}, request);
            ASSERT_TRUE(answer.ok()) << name << ": " << answer.error().to_string();
            EXPECT_EQ(answer->tokens, expected.tokens) << name << " with " << drafts << " drafts, pair " << pairs;
            pairs += pairs % 4 == 3 ? 2 : 1;  // so that each model has other numbers
        }
    }
    EXPECT_GT(pairs, 80);
}

INSTANTIATE_TEST_SUITE_P(All, EveryCheckpoint,
                         testing::Values(std::pair{ModelKind::decoder, "llama_biases"},
                                         std::pair{ModelKind::encoder_decoder, "t5_first"}),
                         [](const auto& form) { return std::string(form.index == 0 ? "decoder" : "encoder_decoder"); });

TEST(SpeculativeSystem, is_the_large_model_but_for_its_passes) {
    const LoadedModel large("llama_biases");
    const LoadedModel small("qwen2_grouped");
    const auto system = speculative_system({large.any(), small.any(), 3}, nullptr, nullptr, {}).value();
    const auto single = single_system(large.any(), nullptr, {}).value();
    EXPECT_EQ(system->method(), PairingMethod::speculative);
    EXPECT_EQ(system->models(), (std::vector<const Model*>{&large.any().model(), &small.any().model()}));
    const GuidedPrompt prompt = system->synthetic(6, 4).value();
    EXPECT_EQ(prompt.small, single->synthetic(6, 4)->small);
    const std::vector<TokenId> target{4, 9, 3};
    EXPECT_EQ(system->log_likelihood(prompt, target, {}).value(), single->log_likelihood(prompt, target, {}).value());

    const Positions room = system->positions(prompt, 20).value();
    EXPECT_EQ(room.cache, 26);
    const auto session = system->open(room).value();
    const auto alone = single->open(room).value();
    EXPECT_EQ(session->cache_bytes(), large.any().cache_shape(26).bytes() + small.any().cache_shape(26).bytes());
    SteppingClock clock;
    Silent listener;
    const GenerationRequest request{.options = {.max_new_tokens = 20}};
    for (int i = 0; i < 2; ++i) {  // what is left of an answer must not be seen by the next
        const Answer answer = session->answer(prompt, request, clock, listener, {}).value();
        EXPECT_EQ(answer.tokens, alone->answer(prompt, request, clock, listener, {})->tokens);
        EXPECT_GT(answer.drafted, 0);
    }
}

TEST(SpeculativeSystem, a_context_of_either_model_limits_both) {
    const LoadedModel wide("llama_biases");
    const LoadedModel narrow("llama_dynamic");
    const auto system = speculative_system({wide.any(), narrow.any()}, nullptr, nullptr, {}).value();
    const GuidedPrompt prompt = system->synthetic(6, 4).value();
    EXPECT_TRUE(system->positions(prompt, 10).ok());
    EXPECT_EQ(system->positions(prompt, 11).error().code, "CONTEXT_TOO_LONG");
}

TEST(SharedVocabulary, sizes_must_be_equal_where_there_are_no_tokens_to_compare) {
    const LoadedModel large("llama_biases");
    const LoadedModel small("gpt2_tied");
    const auto refused = speculative_system({large.any(), small.any()}, nullptr, nullptr, {});
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, "PAIRING_VOCABULARY");
    EXPECT_NE(refused.error().message.find("32"), std::string::npos);
    EXPECT_NE(refused.error().message.find("24"), std::string::npos);
}

TEST(SharedVocabulary, the_first_difference_is_named_and_padding_is_none) {
    const ModelShape shape{.vocab = 300};
    const ModelShape padded{.vocab = 320};
    const FakeTokenizer plain({"ab", "cd"});
    const FakeTokenizer named({"ab", "cd", "[PAD259]", ""});
    const FakeTokenizer swapped({"cd", "ab"});
    const FakeTokenizer longer({"ab", "cd", "ef"});
    EXPECT_TRUE(check_shared_vocabulary(shape, &plain, padded, &plain).ok());
    EXPECT_TRUE(check_shared_vocabulary(shape, &plain, padded, &named).ok());
    EXPECT_TRUE(check_shared_vocabulary(shape, &named, padded, &plain).ok());
    const auto other = check_shared_vocabulary(shape, &plain, shape, &swapped);
    ASSERT_FALSE(other.ok());
    EXPECT_EQ(other.error().code, "PAIRING_VOCABULARY");
    EXPECT_TRUE(other.error().message.starts_with("id 257 is \"ab\" to the large model and \"cd\" to the small one"))
        << other.error().message;
    const auto missing = check_shared_vocabulary(shape, &longer, shape, &plain);
    ASSERT_FALSE(missing.ok());
    EXPECT_TRUE(missing.error().message.starts_with("id 259 is \"ef\" to the large model and no token"))
        << missing.error().message;
}

}  // namespace
}  // namespace tandem::test
