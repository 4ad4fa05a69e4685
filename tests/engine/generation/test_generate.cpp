#include "engine/generation/generate.h"

#include <gtest/gtest.h>

#include "tests/support/fake_model.h"
#include "tests/support/fake_tokenizer.h"
#include "tests/support/stepping_clock.h"
#include "tests/support/token_listener.h"

namespace tandem {
namespace {

using test::FakeModel;
using test::FakeTokenizer;
using Listener = test::TokenListener;

class Generate : public ::testing::Test {
protected:
    Result<Answer> run(const FakeModel& model, GenerationRequest request, std::int64_t slots = 4096) {
        auto cache = KvCache::create(model.cache_shape(1, slots), at::kCPU);
        EXPECT_TRUE(cache.ok());
        return generate(model, *cache, request, tokenizer, clock, listener, stop.get_token());
    }
    static std::vector<std::int64_t> script(std::string_view text, std::vector<std::int64_t> then = {}) {
        std::vector<std::int64_t> ids(text.begin(), text.end());
        ids.insert(ids.end(), then.begin(), then.end());
        return ids;
    }

    std::shared_ptr<const Tokenizer> tokenizer = std::make_shared<FakeTokenizer>();
    test::SteppingClock clock;
    Listener listener;
    std::stop_source stop;
    const std::vector<TokenId> prompt{10, 20, 30};
    const std::vector<TokenId> ends{FakeTokenizer::end_of_text};
};

TEST_F(Generate, an_answer_ends_with_the_end_of_text_and_streams_its_text) {
    const FakeModel model = FakeModel::saying(script("Paris.", {FakeTokenizer::end_of_text}), prompt.size());
    const auto answer = run(model, {.prompt = prompt, .end_ids = ends});
    ASSERT_TRUE(answer.ok()) << answer.error().to_string();
    EXPECT_EQ(answer->text, "Paris.");
    EXPECT_EQ(answer->reason, StopReason::eos);
    EXPECT_EQ(answer->tokens.size(), 7u);
    EXPECT_EQ(answer->tokens.back(), FakeTokenizer::end_of_text);
    EXPECT_EQ(listener.streamed, "Paris.");
    EXPECT_EQ(listener.events, "[prefill]t[decodetttttt]");
    for (std::size_t i = 0; i < listener.tokens.size(); ++i) {
        EXPECT_EQ(listener.tokens[i].index, static_cast<std::int64_t>(i));
        EXPECT_TRUE(i == 0 || listener.tokens[i].time_ns > listener.tokens[i - 1].time_ns);
    }
}

TEST_F(Generate, an_answer_has_at_most_max_new_tokens_and_computes_no_pass_too_many) {
    const FakeModel model = FakeModel::saying(script("abcdefgh"), prompt.size());
    const auto answer = run(model, {.prompt = prompt, .options = {.max_new_tokens = 3}, .end_ids = ends});
    ASSERT_TRUE(answer.ok());
    EXPECT_EQ(answer->text, "abc");
    EXPECT_EQ(answer->reason, StopReason::length);
    EXPECT_EQ(model.passes, (std::vector<std::int64_t>{3, 1, 1}));
}

TEST_F(Generate, one_token_needs_no_decoding) {
    const FakeModel model = FakeModel::saying(script("abc"), prompt.size());
    const auto answer = run(model, {.prompt = prompt, .options = {.max_new_tokens = 1}}, 4);
    ASSERT_TRUE(answer.ok());
    EXPECT_EQ(listener.events, "[prefill]t");
}

TEST_F(Generate, the_end_of_text_can_be_ignored_or_put_off) {
    const FakeModel model =
        FakeModel::saying(script("ab", {FakeTokenizer::end_of_text, 'c', FakeTokenizer::end_of_text}), prompt.size());
    const auto ignoring =
        run(model, {.prompt = prompt, .options = {.max_new_tokens = 5, .ignore_eos = true}, .end_ids = ends});
    EXPECT_EQ(ignoring->text, "abc");
    EXPECT_EQ(ignoring->reason, StopReason::length);
    EXPECT_EQ(ignoring->tokens.size(), 5u);
    const auto later =
        run(model, {.prompt = prompt, .options = {.max_new_tokens = 9, .min_new_tokens = 4}, .end_ids = ends});
    EXPECT_EQ(later->reason, StopReason::eos);
    EXPECT_EQ(later->tokens.size(), 5u);
}

TEST_F(Generate, a_stop_string_over_tokens_ends_the_text_before_it_and_is_never_streamed) {
    tokenizer = std::make_shared<FakeTokenizer>(std::vector<std::string>{"B\n", "\nUs", "er: and more"});
    const FakeModel model = FakeModel::saying(
        {'A', FakeTokenizer::first_longer, FakeTokenizer::first_longer + 1, FakeTokenizer::first_longer + 2, 'Z'},
        prompt.size());
    const auto answer =
        run(model, {.prompt = prompt, .options = {.max_new_tokens = 9, .stop = {"\n\nUser:"}}, .end_ids = ends});
    ASSERT_TRUE(answer.ok());
    EXPECT_EQ(answer->text, "AB");
    EXPECT_EQ(answer->reason, StopReason::stop);
    EXPECT_EQ(answer->tokens.size(), 4u);
    EXPECT_EQ(listener.streamed, "AB");
}

TEST_F(Generate, what_was_held_back_for_a_stop_string_comes_with_the_last_token) {
    const FakeModel model = FakeModel::saying(script("ab##", {FakeTokenizer::end_of_text}), prompt.size());
    const auto by_end = run(model, {.prompt = prompt, .options = {.stop = {"###"}}, .end_ids = ends});
    EXPECT_EQ(by_end->text, "ab##");
    EXPECT_EQ(listener.streamed, "ab##");
    listener.streamed.clear();
    const auto by_length = run(model, {.prompt = prompt, .options = {.max_new_tokens = 4, .stop = {"###"}}});
    EXPECT_EQ(by_length->text, "ab##");
    EXPECT_EQ(listener.streamed, "ab##");
}

TEST_F(Generate, characters_of_several_tokens_are_streamed_whole) {
    const FakeModel model = FakeModel::saying({0xE2, 0x82, 0xAC, '5', 0xE2, 0x82}, prompt.size());
    const auto answer = run(model, {.prompt = prompt, .options = {.max_new_tokens = 6}});
    EXPECT_EQ(listener.tokens[0].text, "");
    EXPECT_EQ(listener.tokens[1].text, "");
    EXPECT_EQ(listener.tokens[2].text, "\u20AC");
    EXPECT_EQ(answer->text, listener.streamed);
    EXPECT_TRUE(answer->text.starts_with("\u20AC5\uFFFD"));
}

TEST_F(Generate, prefilling_in_chunks_gives_the_same_answer_as_prefilling_at_once) {
    std::vector<TokenId> long_prompt;
    for (TokenId i = 0; i < 100; ++i) {
        long_prompt.push_back(i * 7 % 256);
    }
    std::vector<TokenId> expected;
    for (const std::int64_t chunk : {1000, 1, 7, 32, 99, 100}) {
        const FakeModel model = FakeModel::mixing();
        const auto answer =
            run(model, {.prompt = long_prompt, .options = {.max_new_tokens = 20}, .prefill_chunk = chunk});
        ASSERT_TRUE(answer.ok());
        expected = expected.empty() ? answer->tokens : expected;
        EXPECT_EQ(answer->tokens, expected) << "chunk " << chunk;
        EXPECT_LE(model.passes.front(), chunk);
    }
}

TEST_F(Generate, sampling_gives_one_text_for_one_seed_and_others_for_others) {
    const FakeModel model = FakeModel::mixing();
    const auto tokens = [&](std::uint64_t seed, std::uint64_t stream) {
        return run(model, {.prompt = prompt,
                           .options = {.max_new_tokens = 30, .greedy = false, .temperature = 1.5},
                           .random = Random(seed, stream)})
            ->tokens;
    };
    EXPECT_EQ(tokens(1, 0), tokens(1, 0));
    EXPECT_NE(tokens(1, 0), tokens(2, 0));
    EXPECT_NE(tokens(1, 0), tokens(1, 1));
}

TEST_F(Generate, the_prompt_counts_for_the_repetition_penalty) {
    const FakeModel model([](const std::vector<std::int64_t>&) {
        std::vector<float> logits(FakeModel::vocab, 0.0F);
        logits[10] = 3;
        logits[40] = 2;
        logits[50] = 1.8F;
        return logits;
    });
    const auto answer = run(model, {.prompt = prompt, .options = {.max_new_tokens = 2, .repetition_penalty = 2.0}});
    EXPECT_EQ(answer->tokens, (std::vector<TokenId>{40, 50}));
}

TEST_F(Generate, cancelling_between_tokens_keeps_the_answer_so_far) {
    const FakeModel model = FakeModel::saying(script("abcdefgh"), prompt.size());
    listener.on_token = [&] {
        if (listener.tokens.size() == 3) {
            stop.request_stop();
        }
    };
    const auto answer = run(model, {.prompt = prompt, .end_ids = ends});
    ASSERT_TRUE(answer.ok());
    EXPECT_EQ(answer->reason, StopReason::cancelled);
    EXPECT_EQ(answer->text, "abc");
    EXPECT_EQ(model.passes.size(), 3u);
}

TEST_F(Generate, cancelling_in_prefill_stops_at_the_next_chunk) {
    FakeModel model = FakeModel::mixing();
    model.before_pass = [&] {
        if (model.passes.size() == 2) {
            stop.request_stop();
        }
    };
    const auto answer = run(model, {.prompt = std::vector<TokenId>(100, 1), .prefill_chunk = 10});
    ASSERT_TRUE(answer.ok());
    EXPECT_EQ(answer->reason, StopReason::cancelled);
    EXPECT_TRUE(answer->tokens.empty());
    EXPECT_EQ(model.passes.size(), 2u);
}

TEST_F(Generate, what_cannot_be_run_is_refused_before_the_first_pass) {
    const FakeModel model = FakeModel::mixing();
    const auto refusal = [&](GenerationRequest request, std::int64_t slots) {
        const auto answer = run(model, std::move(request), slots);
        return answer.ok() ? "none" : answer.error().code;
    };
    EXPECT_EQ(refusal({.prompt = {}}, 100), "PROMPT_EMPTY");
    EXPECT_EQ(refusal({.prompt = {1, 300}}, 100), "TOK_ID_RANGE");
    EXPECT_EQ(refusal({.prompt = {1, -1}}, 100), "TOK_ID_RANGE");
    EXPECT_EQ(refusal({.prompt = prompt, .options = {.max_new_tokens = 8}}, 10), "CONTEXT_TOO_LONG");
    EXPECT_EQ(refusal({.prompt = prompt, .options = {.max_new_tokens = 4094}}, 5000), "CONTEXT_TOO_LONG");
    EXPECT_EQ(refusal({.prompt = prompt, .options = {.stop = {""}}}, 100), "OPTION_STOP");
    EXPECT_EQ(refusal({.prompt = prompt, .options = {.greedy = false, .top_p = 2}}, 100), "OPTION_RANGE");
    tokenizer = nullptr;
    EXPECT_EQ(refusal({.prompt = prompt, .options = {.stop = {"x"}}}, 100), "OPTION_STOP");
    EXPECT_TRUE(model.passes.empty());
    EXPECT_EQ(refusal({.prompt = prompt, .options = {.max_new_tokens = 7}}, 10), "none");
}

TEST_F(Generate, an_exception_of_the_model_becomes_an_error) {
    FakeModel model = FakeModel::mixing();
    model.before_pass = [] { TORCH_CHECK(false, "no such kernel"); };
    EXPECT_EQ(run(model, {.prompt = prompt}).error().code, "TORCH_FAILED");
    model.before_pass = [] { throw std::bad_alloc(); };
    EXPECT_EQ(run(model, {.prompt = prompt}).error().kind, ErrorKind::out_of_memory);
}

TEST(PrefillChunk, larger_models_take_smaller_chunks) {
    ModelShape shape{
        .architecture = "llama", .layers = 30, .hidden = 576, .heads = 9, .kv_heads = 3, .head_dim = 64, .ffn = 1536};
    const std::int64_t small = prefill_chunk_for(shape);
    shape = {.architecture = "llama",
             .layers = 32,
             .hidden = 4096,
             .heads = 32,
             .kv_heads = 8,
             .head_dim = 128,
             .ffn = 14336};
    const std::int64_t large = prefill_chunk_for(shape);
    EXPECT_EQ(small, 128);
    EXPECT_EQ(large, 32);
    EXPECT_EQ(prefill_chunk_for({}), 512);
}

}  // namespace
}  // namespace tandem
