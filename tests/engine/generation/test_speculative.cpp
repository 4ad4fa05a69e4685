// Speculative decoding of models that are functions of their text: the passes it makes, its answers against generate()
// and against the distribution of the large model.
#include "engine/generation/speculative.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>

#include "engine/generation/sampler.h"
#include "engine/models/causal_lm.h"
#include "tests/support/fake_encoder_decoder.h"
#include "tests/support/fake_model.h"
#include "tests/support/fake_tokenizer.h"
#include "tests/support/stepping_clock.h"
#include "tests/support/token_listener.h"

namespace tandem {
namespace {

using test::FakeEncoderDecoder;
using test::FakeModel;
using test::FakeTokenizer;
using Listener = test::TokenListener;

constexpr float none = -std::numeric_limits<float>::infinity();

double mixed(const std::vector<std::int64_t>& text) {
    double value = 0;
    for (const std::int64_t id : text) {
        value = std::fmod(value * 1.7 + static_cast<double>(id) + 0.3, 1000.0);
    }
    return value;
}

// Every token moves every logit, by another amount where `differs` says so of the text. `ids`: the first that can come.
FakeModel hashing(std::size_t ids, std::function<double(const std::vector<std::int64_t>&)> differs) {
    return FakeModel([ids, differs = std::move(differs)](const std::vector<std::int64_t>& text) {
        std::vector<float> logits(FakeModel::vocab, none);
        const double shift = mixed(text) + differs(text);
        for (std::size_t i = 0; i < ids; ++i) {
            logits[i] = static_cast<float>(1.5 * std::sin(shift + 0.7 * static_cast<double>(i * i)));
        }
        return logits;
    });
}

double same(const std::vector<std::int64_t>& /*text*/) {
    return 0;
}

// Two texts of three alike.
double sometimes(const std::vector<std::int64_t>& text) {
    return static_cast<std::int64_t>(mixed(text)) % 3 == 0 ? 1.1 : 0;
}

class Speculative : public ::testing::Test {
protected:
    Result<Answer> run(const AnyLm& large, const AnyLm& small, const GenerationRequest& request,
                       std::int64_t draft_tokens = 4, std::int64_t slots = 256) {
        KvCache large_cache = KvCache::create(large.cache_shape(slots), at::kCPU).value();
        KvCache small_cache = KvCache::create(small.cache_shape(slots), at::kCPU).value();
        listener = {};
        return generate_speculative({large, small, draft_tokens}, large_cache, small_cache, request, tokenizer, clock,
                                    listener, stop.get_token());
    }
    Answer alone(const AnyLm& model, const GenerationRequest& request) {
        KvCache cache = KvCache::create(model.cache_shape(256), at::kCPU).value();
        Listener unheard;
        return generate(model, cache, request, tokenizer, clock, unheard, {}).value();
    }

    std::shared_ptr<const Tokenizer> tokenizer = std::make_shared<FakeTokenizer>();
    test::SteppingClock clock;
    Listener listener;
    std::stop_source stop;
    const std::vector<TokenId> prompt{10, 20, 30};
    const std::vector<TokenId> ends{FakeTokenizer::end_of_text};
};

TEST_F(Speculative, greedy_answers_are_those_of_the_large_model_alone) {
    const FakeModel large = hashing(FakeModel::vocab, same);
    const FakeModel small = hashing(FakeModel::vocab, sometimes);
    std::int64_t accepted = 0;
    for (TokenId first = 0; first < 12; ++first) {
        for (std::int64_t drafts = 1; drafts <= 8; ++drafts) {
            for (const double penalty : {1.0, 1.3}) {
                const GenerationRequest request{
                    .prompt = {first, 5},
                    .options = {.max_new_tokens = 1 + first * 3, .min_new_tokens = 4, .repetition_penalty = penalty},
                    .end_ids = {FakeTokenizer::end_of_text, 7, 33, 120, 121, 122}};
                const Answer expected = alone(large, request);
                const auto answer = run(large, small, request, drafts);
                ASSERT_TRUE(answer.ok()) << answer.error().to_string();
                ASSERT_EQ(answer->tokens, expected.tokens) << first << " with " << drafts;
                ASSERT_EQ(answer->text, expected.text);
                ASSERT_EQ(answer->reason, expected.reason);
                ASSERT_LE(answer->accepted, answer->drafted);
                accepted += answer->accepted;
            }
        }
    }
    EXPECT_GT(accepted, 500);
}

TEST_F(Speculative, one_pass_of_the_large_model_gives_what_it_accepts_and_one_more) {
    const FakeModel large = hashing(FakeModel::vocab, same);
    const FakeModel small = hashing(FakeModel::vocab, same);
    const auto answer = run(large, small, {.prompt = prompt, .options = {.max_new_tokens = 13}});
    ASSERT_TRUE(answer.ok());
    EXPECT_EQ(answer->tokens.size(), 13u);
    // The prompt gives 1 token, then 5, 5 and 2.
    EXPECT_EQ(large.passes, (std::vector<std::int64_t>{3, 5, 5, 2}));
    // Behind a pass that accepted everything, the last draft was not read by the small model yet.
    EXPECT_EQ(small.passes, (std::vector<std::int64_t>{3, 1, 1, 1, 1, 2, 1, 1, 1, 2}));
    EXPECT_EQ(answer->drafted, 9);
    EXPECT_EQ(answer->accepted, 9);
    EXPECT_EQ(listener.events, "[prefill]t[decodetttttttttttt]");
    for (std::size_t i = 1; i < listener.tokens.size(); ++i) {
        EXPECT_EQ(listener.tokens[i].index, static_cast<std::int64_t>(i));
        EXPECT_GT(listener.tokens[i].time_ns, listener.tokens[i - 1].time_ns);
    }
}

TEST_F(Speculative, nothing_is_drafted_behind_an_end_of_text_or_taken_behind_a_stop_string) {
    std::vector<std::int64_t> script{'a', 'b', '#', '#', 'c', FakeTokenizer::end_of_text, 'd', 'e', 'f'};
    const FakeModel large = FakeModel::saying(script, prompt.size());
    const FakeModel small = FakeModel::saying(script, prompt.size());
    const auto by_end = run(large, small, {.prompt = prompt, .options = {.max_new_tokens = 40}, .end_ids = ends}, 8);
    EXPECT_EQ(by_end->text, "ab##c");
    EXPECT_EQ(by_end->reason, StopReason::eos);
    EXPECT_EQ(by_end->drafted, 5);
    const GenerationRequest stopping{.prompt = prompt, .options = {.max_new_tokens = 40, .stop = {"##"}}};
    const auto by_string = run(large, small, stopping, 8);
    EXPECT_EQ(by_string->text, "ab");
    EXPECT_EQ(by_string->reason, StopReason::stop);
    EXPECT_EQ(by_string->tokens.size(), 4u);
    EXPECT_EQ(by_string->accepted, 3);
    EXPECT_EQ(listener.streamed, "ab");
    const auto ignoring =
        run(large, small, {.prompt = prompt, .options = {.max_new_tokens = 8, .ignore_eos = true}, .end_ids = ends}, 8);
    EXPECT_EQ(ignoring->text, "ab##cde");
    EXPECT_EQ(ignoring->reason, StopReason::length);
}

// Chi-square of the first three tokens' joint distribution against the product of what the large model says.
double chi_square(const std::map<std::vector<TokenId>, int>& counts, int runs, const FakeModel& model,
                  const std::vector<TokenId>& prompt, const GenerationOptions& options, std::size_t ids) {
    KvCache cache = KvCache::create(model.cache_shape(1, 64), at::kCPU).value();
    double sum = 0;
    for (std::size_t code = 0; code < ids * ids * ids; ++code) {
        const std::vector<TokenId> answer{static_cast<TokenId>(code % ids), static_cast<TokenId>(code / ids % ids),
                                          static_cast<TokenId>(code / ids / ids)};
        Sampler sampler = Sampler::create(options, {}, Random(0)).value();
        std::vector<TokenId> text = prompt;
        double probability = 1;
        for (const TokenId id : prompt) {
            sampler.see(id);
        }
        for (const TokenId id : answer) {
            cache.clear();
            const at::Tensor logits = logits_on_host(model.forward(ids_row(text, at::kCPU), cache, LogitsFor::last));
            double total = 0;
            double own = 0;
            const std::span<const Candidate> kept =
                sampler.distribution({logits.const_data_ptr<float>(), FakeModel::vocab}, 9).value();
            for (const Candidate& candidate : kept) {
                total += candidate.weight;
                own += candidate.id == id ? candidate.weight : 0;
            }
            probability *= own / total;
            sampler.see(id);
            text.push_back(id);
        }
        const auto found = counts.find(answer);
        const double count = found == counts.end() ? 0 : found->second;
        const double expected = probability * runs;
        sum += expected > 0 ? (count - expected) * (count - expected) / expected : count * 1e9;
    }
    return sum;
}

TEST_F(Speculative, sampled_answers_are_distributed_as_the_large_model_says) {
    constexpr int runs = 8000;
    constexpr std::size_t ids = 4;
    const FakeModel large = hashing(ids, same);
    const FakeModel small = hashing(ids, [](const auto&) { return 1.1; });
    const std::vector<GenerationOptions> settings{
        {.max_new_tokens = 5, .greedy = false},
        {.max_new_tokens = 5, .greedy = false, .temperature = 0.7, .repetition_penalty = 1.4},
        {.max_new_tokens = 5, .greedy = false, .temperature = 1.5, .top_k = 3, .top_p = 0.9, .min_p = 0.05}};
    for (const GenerationOptions& options : settings) {
        std::map<std::vector<TokenId>, int> counts;
        std::int64_t drafted = 0;
        std::int64_t accepted = 0;
        KvCache large_cache = KvCache::create(large.cache_shape(1, 16), at::kCPU).value();
        KvCache small_cache = KvCache::create(small.cache_shape(1, 16), at::kCPU).value();
        for (int i = 0; i < runs; ++i) {
            const GenerationRequest request{.prompt = prompt, .options = options, .random = Random(5, i)};
            const Answer answer = generate_speculative({large, small, 1 + i % 3}, large_cache, small_cache, request,
                                                       nullptr, clock, listener, {})
                                      .value();
            ++counts[{answer.tokens.begin(), answer.tokens.begin() + 3}];
            drafted += answer.drafted;
            accepted += answer.accepted;
        }
        // 63 degrees of freedom at most: 1 in 10,000 is above 117.
        EXPECT_LT(chi_square(counts, runs, large, prompt, options, ids), 117) << options.temperature;
        EXPECT_GT(chi_square(counts, runs, small, prompt, options, ids), 1000) << "the test could not tell them apart";
        EXPECT_LT(accepted, drafted * 9 / 10);
        EXPECT_GT(accepted, drafted / 10);
    }
}

TEST_F(Speculative, one_seed_gives_one_text) {
    const FakeModel large = hashing(FakeModel::vocab, same);
    const FakeModel small = hashing(FakeModel::vocab, sometimes);
    GenerationRequest request{.prompt = prompt, .options = {.max_new_tokens = 40, .greedy = false}};
    request.random = Random(1);
    const auto first = run(large, small, request);
    const auto again = run(large, small, request);
    request.random = Random(2);
    const auto other = run(large, small, request);
    EXPECT_EQ(first->tokens, again->tokens);
    EXPECT_NE(first->tokens, other->tokens);
}

TEST_F(Speculative, cancelling_takes_effect_between_the_passes_of_either_model) {
    for (const bool in_small : {false, true}) {
        for (const std::size_t pass : {1, 2, 3, 6}) {
            stop = std::stop_source();
            FakeModel large = hashing(FakeModel::vocab, same);
            FakeModel small = hashing(FakeModel::vocab, same);
            FakeModel& stopping = in_small ? small : large;
            stopping.before_pass = [&] {
                if (stopping.passes.size() == pass) {
                    stop.request_stop();
                }
            };
            const auto answer = run(large, small, {.prompt = prompt, .options = {.max_new_tokens = 200}});
            ASSERT_TRUE(answer.ok());
            EXPECT_EQ(answer->reason, StopReason::cancelled);
            EXPECT_EQ(stopping.passes.size(), pass);
            EXPECT_TRUE(answer->text.starts_with(listener.streamed));
        }
    }
}

TEST_F(Speculative, an_answer_fills_the_caches_to_the_last_slot_and_no_further) {
    const FakeModel large = hashing(FakeModel::vocab, same);
    const FakeModel small = hashing(FakeModel::vocab, sometimes);
    for (std::int64_t tokens = 1; tokens < 20; ++tokens) {
        const GenerationRequest request{.prompt = prompt, .options = {.max_new_tokens = tokens}};
        const auto answer = run(large, small, request, 8, 3 + tokens);
        ASSERT_TRUE(answer.ok()) << answer.error().to_string();
        EXPECT_EQ(std::ssize(answer->tokens), tokens);
        EXPECT_EQ(run(large, small, request, 8, 2 + tokens).error().code, "CONTEXT_TOO_LONG");
    }
}

TEST_F(Speculative, what_cannot_be_done_is_refused_by_name) {
    const FakeModel model = FakeModel::mixing();
    const FakeModel narrow([](const auto&) { return std::vector<float>(FakeModel::vocab); }, 20);
    const FakeEncoderDecoder other({'a', 'b'});
    GenerationRequest request{.prompt = prompt, .options = {.max_new_tokens = 30}};
    EXPECT_EQ(run(model, other, request).error().code, "PAIRING_KINDS");
    EXPECT_EQ(run(model, model, request, 0).error().code, "OPTION_RANGE");
    EXPECT_EQ(run(model, model, request, 1025).error().code, "OPTION_RANGE");
    const auto too_long = run(model, narrow, request);
    EXPECT_EQ(too_long.error().code, "CONTEXT_TOO_LONG");
    EXPECT_EQ(too_long.error().where, "the model that drafts");
    request.options.beams = 2;
    EXPECT_EQ(run(model, model, request).error().where, "beams");
    EXPECT_TRUE(model.passes.empty());
}

}  // namespace
}  // namespace tandem
