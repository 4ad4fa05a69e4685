// What a caller of generate() sees of a search: what does not go with it, when tokens are told, and how it is
// cancelled.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <limits>

#include "engine/generation/beam_decoding.h"
#include "tests/engine/pairing/pairing_support.h"
#include "tests/support/fake_tokenizer.h"
#include "tests/support/stepping_clock.h"

namespace tandem {
namespace {

class Listener : public GenerationListener {
public:
    void phase_begins(GenerationPhase phase, std::int64_t time_ns) override {
        events += phase == GenerationPhase::prefill ? "[prefill" : "[decode";
        last_ns = time_ns;
    }
    void phase_ends(GenerationPhase, std::int64_t time_ns) override {
        events += "]";
        last_ns = time_ns;
    }
    void token(const GeneratedToken& token) override {
        events += "t";
        text += token.text;
        tokens.push_back(token);
    }
    void searched(std::int64_t depth) override {
        EXPECT_EQ(depth, ++steps);
        events += "s";
        if (on_step) {
            on_step(depth);
        }
    }

    std::string events;
    std::string text;
    std::vector<GeneratedToken> tokens;
    std::int64_t steps = 0;
    std::int64_t last_ns = 0;
    std::function<void(std::int64_t)> on_step;
};

class BeamGenerate : public testing::Test {
protected:
    Result<Answer> run(const GenerationOptions& options, std::vector<TokenId> ends = {},
                       const std::stop_token& stop = {}) {
        const AnyLm model = loaded_.any();
        KvCache cache = KvCache::create(model.cache_shape(40), at::kCPU).value();
        const test::SteppingClock clock;
        return generate(model, cache, {.prompt = {5, 9, 4}, .options = options, .end_ids = std::move(ends)},
                        std::make_shared<test::FakeTokenizer>(), clock, listener_, stop);
    }

    std::string refusal(const GenerationOptions& options) {
        const auto answer = run(options);
        EXPECT_TRUE(listener_.events.empty()) << "refused before anything ran";
        return answer.ok() ? "accepted" : answer.error().code;
    }

    const test::LoadedModel loaded_{"llama_biases"};
    Listener listener_;
};

TEST_F(BeamGenerate, what_does_not_go_with_a_search_is_refused) {
    EXPECT_EQ(refusal({.greedy = false, .beams = 2}), "OPTION_CONFLICT");
    EXPECT_EQ(refusal({.beams = 2, .stop = {"x"}}), "OPTION_CONFLICT");
    EXPECT_EQ(refusal({.beams = 0}), "OPTION_RANGE");
    EXPECT_EQ(refusal({.beams = 2, .length_penalty = std::numeric_limits<double>::quiet_NaN()}), "OPTION_RANGE");
    EXPECT_EQ(refusal({.max_new_tokens = 4, .repetition_penalty = 0, .beams = 2}), "OPTION_RANGE");
    EXPECT_EQ(refusal({.max_new_tokens = 38, .beams = 2}), "CONTEXT_TOO_LONG");
}

TEST_F(BeamGenerate, tokens_are_told_once_the_answer_is_known) {
    const auto answer = run({.max_new_tokens = 4, .beams = 3});
    ASSERT_TRUE(answer.ok()) << answer.error().to_string();
    EXPECT_EQ(listener_.events, "[prefill]s[decodessstttt]");
    ASSERT_EQ(listener_.tokens.size(), 4U);
    for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_EQ(listener_.tokens[i].id, answer->tokens[i]);
        EXPECT_EQ(listener_.tokens[i].index, static_cast<std::int64_t>(i));
        EXPECT_TRUE(i == 0 || listener_.tokens[i].time_ns > listener_.tokens[i - 1].time_ns);
    }
    EXPECT_EQ(listener_.tokens.back().time_ns, listener_.last_ns);
    EXPECT_EQ(listener_.text, answer->text);
    EXPECT_EQ(answer->text, test::FakeTokenizer().decode(answer->tokens, true));
}

TEST_F(BeamGenerate, an_answer_shorter_than_the_search_ends_when_the_search_does) {
    // The longer an answer, the worse: one that ended early wins, and is known only at the end.
    const auto free = run({.max_new_tokens = 8, .beams = 4});
    listener_ = {};
    const auto answer = run({.max_new_tokens = 8, .beams = 4, .length_penalty = -2}, {free->tokens[1]});
    ASSERT_TRUE(answer.ok());
    EXPECT_EQ(answer->reason, StopReason::eos);
    ASSERT_LT(std::ssize(answer->tokens), listener_.steps);
    EXPECT_EQ(listener_.tokens.back().time_ns, listener_.last_ns);
    EXPECT_TRUE(listener_.tokens.back().text.empty()) << "an end of text has no text";
}

TEST_F(BeamGenerate, ends_of_text_are_tokens_like_others_where_they_are_ignored) {
    const auto free = run({.max_new_tokens = 6, .beams = 4});
    listener_ = {};
    const auto answer = run({.max_new_tokens = 6, .beams = 4, .ignore_eos = true}, {free->tokens[2]});
    EXPECT_EQ(answer->tokens, free->tokens);
    EXPECT_EQ(answer->reason, StopReason::length);
}

TEST_F(BeamGenerate, cancelling_gives_the_best_so_far) {
    std::stop_source source;
    listener_.on_step = [&](std::int64_t depth) {
        if (depth == 3) {
            source.request_stop();
        }
    };
    const auto answer = run({.max_new_tokens = 20, .beams = 3}, {}, source.get_token());
    ASSERT_TRUE(answer.ok());
    EXPECT_EQ(answer->reason, StopReason::cancelled);
    EXPECT_EQ(answer->tokens.size(), 3U);
    EXPECT_EQ(listener_.text, answer->text);
    listener_ = {};
    const auto none = run({.max_new_tokens = 20, .beams = 3}, {}, source.get_token());
    EXPECT_EQ(none->reason, StopReason::cancelled);
    EXPECT_TRUE(none->tokens.empty());
}

TEST_F(BeamGenerate, more_beams_than_tokens_of_the_vocabulary) {
    const auto answer = run({.max_new_tokens = 3, .beams = 50});
    ASSERT_TRUE(answer.ok()) << answer.error().to_string();
    EXPECT_EQ(answer->tokens.size(), 3U);
}

// Of one whose way of decoding has no room for several.
class Alone : public Decoding {
public:
    std::optional<at::Tensor> read(std::span<const TokenId>, const std::stop_token&) override {
        return at::zeros({32});
    }
    at::Tensor next(TokenId) override { return at::zeros({32}); }
    std::vector<TokenId> beginning(std::span<const TokenId> prompt) const override {
        return {prompt.begin(), prompt.end()};
    }
};

TEST_F(BeamGenerate, a_decoding_of_one_sequence_says_so) {
    const AnyLm model = loaded_.any();
    KvCache cache = KvCache::create(model.cache_shape(40), at::kCPU).value();
    const test::SteppingClock clock;
    Alone alone;
    const auto answer =
        generate(alone, model.shape(), 1, cache, {.prompt = {1}, .options = {.max_new_tokens = 4, .beams = 2}}, nullptr,
                 clock, listener_, {});
    ASSERT_FALSE(answer.ok());
    EXPECT_EQ(answer.error().code, "BEAMS_UNSUPPORTED");
}

TEST_F(BeamGenerate, a_search_takes_a_cache_and_a_source_for_each_beam) {
    const test::LoadedModel encodes("t5_first");
    const AnyLm decoder = loaded_.any();
    EXPECT_EQ(beam_bytes(decoder, 40, 7, 1), 0);
    EXPECT_EQ(beam_bytes(decoder, 40, 7, 3), 3 * decoder.cache_shape(40).bytes());
    EXPECT_EQ(beam_bytes(encodes.any(), 40, 7, 2), 2 * encodes.any().cache_shape(47).bytes());
}

}  // namespace
}  // namespace tandem
