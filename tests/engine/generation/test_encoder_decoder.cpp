// Generation of an encoder-decoder: the source is encoded once, the target begins with the model's start, and what its
// configuration forces and forbids holds.
#include <gtest/gtest.h>

#include "engine/generation/generate.h"
#include "tests/support/fake_encoder_decoder.h"
#include "tests/support/stepping_clock.h"

namespace tandem {
namespace {

using test::FakeEncoderDecoder;

class Silent : public GenerationListener {
public:
    void phase_begins(GenerationPhase, std::int64_t) override {}
    void phase_ends(GenerationPhase, std::int64_t) override {}
    void token(const GeneratedToken&) override {}
};

Result<Answer> run(const FakeEncoderDecoder& model, const GenerationRequest& request, std::int64_t slots = 40) {
    KvCache cache = KvCache::create(model.cache_shape(1, slots), at::kCPU).value();
    test::SteppingClock clock;
    Silent listener;
    return generate(model, cache, request, nullptr, clock, listener, {});
}

const std::vector<std::int64_t> script{11, 12, 13, 14, 15, 16, 17};

TEST(EncoderDecoderGeneration, encodes_once_and_gives_the_start_and_then_its_own_words) {
    const FakeEncoderDecoder model(script);
    const auto answer = run(model, {.prompt = {1, 2, 3}, .options = {.max_new_tokens = 10}, .end_ids = {14}});
    ASSERT_TRUE(answer.ok()) << answer.error().to_string();
    EXPECT_EQ(answer->tokens, (std::vector<TokenId>{11, 12, 13, 14}));
    EXPECT_EQ(answer->reason, StopReason::eos);
    EXPECT_EQ(model.encoded, 1);
    EXPECT_EQ(model.given, (std::vector<std::int64_t>{7, 11, 12, 13}));
}

TEST(EncoderDecoderGeneration, the_first_and_the_last_token_are_those_that_are_forced) {
    const TargetTokens target{.start = 7, .forced_first = 99, .forced_last = 98};
    const FakeEncoderDecoder model(script, target);
    const auto answer = run(model, {.prompt = {1}, .options = {.max_new_tokens = 4}, .end_ids = {98}});
    ASSERT_TRUE(answer.ok());
    EXPECT_EQ(answer->tokens, (std::vector<TokenId>{99, 12, 13, 98}));
    EXPECT_EQ(answer->reason, StopReason::eos);
    const auto timed = run(model, {.prompt = {1}, .options = {.max_new_tokens = 4, .ignore_eos = true}});
    EXPECT_EQ(timed->tokens, (std::vector<TokenId>{99, 12, 13, 14}));
}

TEST(EncoderDecoderGeneration, what_is_never_chosen_is_not_the_most_probable_either) {
    const FakeEncoderDecoder model(script, {.start = 7, .never = {12}});
    const auto answer = run(model, {.prompt = {1}, .options = {.max_new_tokens = 3}});
    ASSERT_TRUE(answer.ok());
    EXPECT_EQ(answer->tokens, (std::vector<TokenId>{11, 13, 13}));
}

TEST(EncoderDecoderGeneration, the_penalty_counts_the_target_and_not_the_source) {
    const FakeEncoderDecoder model(script);
    // 11 would lose to 12 if the source counted: 5 / 2 against 4.
    const auto answer = run(model, {.prompt = {11, 11}, .options = {.max_new_tokens = 1, .repetition_penalty = 2}});
    ASSERT_TRUE(answer.ok());
    EXPECT_EQ(answer->tokens, (std::vector<TokenId>{11}));
}

TEST(EncoderDecoderGeneration, source_and_target_each_have_the_whole_context) {
    const FakeEncoderDecoder model(std::vector<std::int64_t>(60, 11));
    const std::vector<TokenId> source(50, 1);
    EXPECT_TRUE(run(model, {.prompt = source, .options = {.max_new_tokens = 39}}).ok());
    const auto long_source = run(model, {.prompt = std::vector<TokenId>(51, 1), .options = {.max_new_tokens = 1}});
    EXPECT_EQ(long_source.error().code, "CONTEXT_TOO_LONG");
    EXPECT_NE(long_source.error().message.find("source"), std::string::npos);
    EXPECT_EQ(run(model, {.prompt = {1}, .options = {.max_new_tokens = 51}}, 99).error().code, "CONTEXT_TOO_LONG");
    EXPECT_EQ(run(model, {.prompt = {1}, .options = {.max_new_tokens = 40}}).error().where, "context");
}

TEST(EncoderDecoderGeneration, cross_attention_is_counted_for_an_encoder_decoder) {
    const FakeEncoderDecoder model(script);
    const AnyLm any(model);
    EXPECT_EQ(any.cross_bytes(9), 2 * 2 * 9 * 4);
    EXPECT_EQ(slots_needed(model.shape(), 9, 5), 6);
    EXPECT_EQ(slots_needed({}, 9, 5), 14);
}

}  // namespace
}  // namespace tandem
