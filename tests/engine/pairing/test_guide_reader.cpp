// A guide that keeps what prompts share says the same as one that reads each whole, and runs fewer tokens: of every
// decoder family in tests/data/models, for each length of the shared beginning.
#include <gtest/gtest.h>

#include <filesystem>
#include <ostream>

#include "engine/models/inspect.h"
#include "engine/pairing/guide_reader.h"
#include "engine/pairing/guided_system.h"
#include "engine/pairing/single_system.h"
#include "tests/engine/pairing/pairing_support.h"
#include "tests/support/stepping_clock.h"

namespace tandem::test {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t prompt_tokens = 8;

std::vector<std::string> decoders() {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(TANDEM_SOURCE_DIR "/tests/data/models")) {
        const auto facts = inspect_model(entry.path().string());
        if (facts.ok() && facts->shape.kind == ModelKind::decoder) {
            names.push_back(entry.path().filename().string());
        }
    }
    std::ranges::sort(names);
    return names;
}

std::vector<TokenId> drawn(std::int64_t tokens, std::int64_t vocab, std::uint64_t seed) {
    return synthetic_prompt(tokens, vocab, nullptr, seed);
}

// `first` for `shared` tokens, then others, the next of which is another one.
std::vector<TokenId> branch(const std::vector<TokenId>& first, std::int64_t shared, std::int64_t tokens,
                            std::int64_t vocab) {
    std::vector<TokenId> ids = drawn(tokens, vocab, static_cast<std::uint64_t>(100 + shared));
    std::copy_n(first.begin(), shared, ids.begin());
    if (shared < static_cast<std::int64_t>(first.size()) && ids[shared] == first[shared]) {
        ids[shared] = (ids[shared] + 1) % static_cast<TokenId>(vocab);
    }
    return ids;
}

// Whether two prompts of these lengths may share anything.
bool shares(const AnyLm& model, bool same_length) {
    KvCache cache = KvCache::create(model.cache_shape(2), at::kCPU).value();
    model.decoder()->forward(ids_row(std::vector<TokenId>{1, 1}, at::kCPU), cache, LogitsFor::last);
    return cache.can_truncate() && (same_length || !cache.depends_on_prompt());
}

class EveryDecoder : public testing::TestWithParam<std::string> {};

TEST_P(EveryDecoder, whole_passes_are_reused_bit_for_bit) {
    const LoadedModel model(GetParam());
    const std::int64_t vocab = model.any().shape().vocab;
    const Guide guide = Guide::create(model.any(), -1).value();
    const auto first = drawn(prompt_tokens, vocab, 1);
    for (const std::int64_t chunk : {1, 3}) {
        for (std::int64_t shared = 1; shared < prompt_tokens; ++shared) {
            for (const std::int64_t tokens : {prompt_tokens, prompt_tokens + 3}) {
                if (chunk == 1 && tokens > prompt_tokens) {
                    continue;
                }
                const auto second = branch(first, shared, tokens, vocab);
                GuideReader alone(guide, PrefixReuse::exact, tokens, chunk);
                const at::Tensor expected = alone.read(second, {}).value();
                ASSERT_EQ(alone.tokens_run(), tokens);

                GuideReader reader(guide, PrefixReuse::exact, 64, chunk);
                ASSERT_TRUE(reader.read(first, {}).has_value());
                const at::Tensor found = reader.read(second, {}).value();
                EXPECT_TRUE(found.equal(expected)) << "chunk " << chunk << ", shared " << shared;
                const std::int64_t kept = shares(model.any(), tokens == prompt_tokens) ? shared - shared % chunk : 0;
                EXPECT_EQ(reader.reused(), kept);
                EXPECT_EQ(reader.tokens_run(), prompt_tokens + tokens - kept);
            }
        }
    }
}

TEST_P(EveryDecoder, all_shared_tokens_are_reused_within_rounding) {
    const LoadedModel model(GetParam());
    const std::int64_t vocab = model.any().shape().vocab;
    const Guide guide = Guide::create(model.any(), model.any().shape().layers).value();
    const auto first = drawn(prompt_tokens, vocab, 1);
    GuideReader reader(guide, PrefixReuse::longest, prompt_tokens);
    for (std::int64_t shared = 1; shared < prompt_tokens; ++shared) {
        ASSERT_TRUE(reader.read(first, {}).has_value());
        GuideReader fresh(guide, PrefixReuse::longest, 5);  // makes room as it needs it
        ASSERT_TRUE(fresh.read(first, {}).has_value());
        for (const std::int64_t tokens : {prompt_tokens, prompt_tokens + 3}) {
            const auto second = branch(first, shared, tokens, vocab);
            const at::Tensor expected = guide.read(second, {}).value();
            const at::Tensor found = fresh.read(second, {}).value();
            const double scale = expected.abs().max().item<double>();
            EXPECT_LT((found - expected).abs().max().item<double>(), 1e-5 * scale) << "shared " << shared;
            if (tokens == prompt_tokens) {
                EXPECT_EQ(fresh.reused(), shares(model.any(), true) ? shared : 0);
            }
        }
    }
}

TEST_P(EveryDecoder, greedy_answers_are_those_of_prompts_read_whole) {
    const LoadedModel model(GetParam());
    const std::int64_t vocab = model.any().shape().vocab;
    const auto system = single_system(model.any(), nullptr, {}).value();
    const Positions room{.cache = prompt_tokens + 3 + 6};
    const auto whole = system->open(room).value();
    const auto longest = system->open_with(room, PrefixReuse::longest).value();
    KvCache cache = KvCache::create(model.any().cache_shape(room.cache), at::kCPU).value();
    KvCache plain = KvCache::create(model.any().cache_shape(room.cache), at::kCPU).value();
    PromptPrefix prefix(PrefixReuse::exact, 4);
    const GenerationRequest request{
        .prompt = {}, .options = {.max_new_tokens = 4, .greedy = true, .ignore_eos = true}, .end_ids = {}};
    SteppingClock clock;
    Silent listener;
    const auto first = drawn(prompt_tokens, vocab, 1);
    std::int64_t reused = 0;
    for (const std::int64_t shared : {0, 7, 7, 4, 6}) {
        const GuidedPrompt prompt{
            .small = branch(first, shared, prompt_tokens + shared % 2, vocab), .large = {}, .alignment = {}};
        const auto expected = whole->answer(prompt, request, clock, listener, {});
        ASSERT_TRUE(expected.ok()) << expected.error().to_string();
        EXPECT_EQ(longest->answer(prompt, request, clock, listener, {})->tokens, expected->tokens);
        reused += longest->reused_tokens();

        const auto decoding = model.any().decoding(cache, prefix);
        decoding->begin(cache);
        plain.clear();
        const auto reading = model.any().decoding(plain, 4);
        EXPECT_TRUE(decoding->read(prompt.small, {}).value().equal(reading->read(prompt.small, {}).value()));
        EXPECT_TRUE(decoding->next(5).equal(reading->next(5)));
    }
    EXPECT_EQ(reused > 0, shares(model.any(), true));
    EXPECT_EQ(whole->reused_tokens(), 0);
    EXPECT_EQ(prefix.tokens_run() < 5 * prompt_tokens, shares(model.any(), true));
}

// Of lengths that differ, and of prompts alone.
void expect_read_together(const AnyLm& model) {
    const Guide guide = Guide::create(model, -1).value();
    const std::int64_t vocab = source_vocabulary(model.shape());
    std::vector<std::vector<TokenId>> prompts;
    for (const std::int64_t tokens : {5, 8, 1, 3}) {
        prompts.push_back(drawn(tokens, vocab, static_cast<std::uint64_t>(tokens)));
    }
    for (const std::size_t count : {std::size_t{4}, std::size_t{1}}) {
        const std::vector<std::span<const TokenId>> some(prompts.begin(), prompts.begin() + count);
        const auto together = guide.read_all(some, {}).value();
        ASSERT_EQ(together.size(), count);
        for (std::size_t row = 0; row < count; ++row) {
            const at::Tensor alone = guide.read(prompts[row], {}).value();
            EXPECT_TRUE(at::allclose(together[row], alone, 1e-4, 1e-5 * alone.abs().max().item<double>())) << row;
        }
    }
    std::stop_source stop;
    stop.request_stop();
    EXPECT_FALSE(
        guide.read_all(std::vector<std::span<const TokenId>>(prompts.begin(), prompts.end()), stop.get_token()));
}

TEST_P(EveryDecoder, prompts_read_together_are_read_as_alone) {
    expect_read_together(LoadedModel(GetParam()).any());
}

TEST(GuideReader, encoders_read_prompts_together_as_alone) {
    for (const char* name : {"t5_first", "marian_own_vocabularies"}) {
        expect_read_together(LoadedModel(name).any());
    }
}

INSTANTIATE_TEST_SUITE_P(Models, EveryDecoder, testing::ValuesIn(decoders()),
                         [](const testing::TestParamInfo<std::string>& info) { return info.param; });

TEST(GuideReader, recurrent_states_and_rotations_by_a_prompts_length_are_not_shared) {
    EXPECT_FALSE(shares(LoadedModel("recurrent_gemma_wide").any(), true));
    for (const char* by_length : {"llama_dynamic", "llama_longrope", "phi3_long_of_long", "qwen_beyond"}) {
        EXPECT_FALSE(shares(LoadedModel(by_length).any(), false)) << by_length;
        EXPECT_TRUE(shares(LoadedModel(by_length).any(), true)) << by_length;
    }
    for (const char* plain : {"mistral_window", "bloom_six_heads", "llama_yarn", "gemma3_pattern", "gpt2_published"}) {
        EXPECT_TRUE(shares(LoadedModel(plain).any(), false)) << plain;
    }
}

TEST(GuideReader, a_cancelled_prompt_leaves_what_was_read_of_it) {
    const LoadedModel model("mistral_full");
    const Guide guide = Guide::create(model.any(), -1).value();
    const auto ids = drawn(8, model.any().shape().vocab, 1);
    GuideReader reader(guide, PrefixReuse::exact, 8, 2);
    std::stop_source stop;
    stop.request_stop();
    EXPECT_FALSE(reader.read(ids, stop.get_token()).has_value());
    EXPECT_EQ(reader.tokens_run(), 0);
    GuideReader alone(guide, PrefixReuse::exact, 8, 2);
    EXPECT_TRUE(reader.read(ids, {}).value().equal(alone.read(ids, {}).value()));
}

TEST(GuideReader, an_encoder_answers_the_same_prompt_only) {
    const LoadedModel model("t5_first");
    const Guide guide = Guide::create(model.any(), -1).value();
    GuideReader reader(guide, PrefixReuse::longest, 8);
    const std::vector<TokenId> ids{3, 8, 6, 12};
    const std::vector<TokenId> longer{3, 8, 6, 12, 5};
    const at::Tensor expected = guide.read(ids, {}).value();
    EXPECT_TRUE(reader.read(ids, {}).value().equal(expected));
    EXPECT_TRUE(reader.read(longer, {}).value().equal(guide.read(longer, {}).value()));
    EXPECT_EQ(reader.reused(), 0);
    EXPECT_TRUE(reader.read(ids, {}).value().equal(expected));
    EXPECT_EQ(reader.reused(), 4);
    EXPECT_EQ(reader.tokens_run(), 9);
    for (TokenId id = 1; id <= static_cast<TokenId>(GuideReader::remembered); ++id) {
        EXPECT_TRUE(reader.read(std::vector<TokenId>{id}, {}).has_value());
    }
    EXPECT_TRUE(reader.read(ids, {}).value().equal(expected));  // forgotten by now
    EXPECT_EQ(reader.reused(), 0);
}

TEST(GuideReader, a_guided_session_answers_the_same_and_says_what_it_reused) {
    for (const char* large_name : {"mistral_window", "t5_first"}) {
        const LoadedModel large(large_name);
        const LoadedModel small("gpt2_published");
        const LlmToSlm pairing = LlmToSlm::create(large.any(), small.any(), {}, 5).value();
        const auto system = guided_system(pairing, nullptr, nullptr, {}).value();
        const GuidedPrompt first = system->synthetic(9, 1).value();
        GuidedPrompt second = first;
        second.large.back() = (second.large.back() + 1) % 9;
        const Positions room = system->positions(first, 6).value();
        const auto whole = system->open(room).value();
        const auto reusing = system->open_with(room, PrefixReuse::longest).value();
        EXPECT_GE(reusing->cache_bytes(), whole->cache_bytes());
        const GenerationRequest request{
            .prompt = {}, .options = {.max_new_tokens = 6, .greedy = true, .ignore_eos = true}, .end_ids = {}};
        SteppingClock clock;
        Silent listener;
        const bool decodes = large.any().decoder() != nullptr;
        const std::vector<std::pair<const GuidedPrompt*, std::int64_t>> asked{
            {&first, 0}, {&second, decodes ? 8 : 0}, {&first, 9}};
        for (const auto& [prompt, reused] : asked) {
            const auto expected = whole->answer(*prompt, request, clock, listener, {});
            EXPECT_EQ(reusing->answer(*prompt, request, clock, listener, {})->tokens, expected->tokens);
            EXPECT_EQ(reusing->reused_tokens(), reused) << large_name;
            EXPECT_EQ(whole->reused_tokens(), 0);
        }
    }
}

}  // namespace
}  // namespace tandem::test
