// A soft prompt stands before a prompt as tokens of the same vectors would; its training computes what its use
// computes, and learns; what is saved is what is loaded.
#include "engine/pairing/soft_prompt.h"

#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "engine/pairing/pairing_folder.h"
#include "engine/pairing/single_system.h"
#include "engine/pairing/soft_prompt_system.h"
#include "engine/pairing/trained_parts.h"
#include "engine/training/trainer.h"
#include "tests/engine/pairing/pairing_support.h"
#include "tests/support/stepping_clock.h"
#include "tests/support/temporary_folder.h"

namespace tandem::test {
namespace {

GuidedExample example_of(std::vector<TokenId> prompt, std::vector<TokenId> target) {
    return {.prompt = {.small = std::move(prompt), .large = {}, .alignment = {}}, .target = std::move(target)};
}

// Prompts and targets of different lengths. The targets say the same whatever the prompt: what a soft prompt can learn.
std::vector<GuidedExample> examples() {
    return {example_of({5, 9, 7}, {4, 4, 2}), example_of({6, 3, 8, 10, 11}, {4, 4, 2}), example_of({12}, {4, 2}),
            example_of({7, 6, 5, 4}, {4, 4, 4, 2}), example_of({9, 9}, {2})};
}

GenerationRequest greedy(std::int64_t beams = 1) {
    GenerationRequest request{.prompt = {}, .options = {}, .end_ids = {}, .random = Random(3)};
    request.options.max_new_tokens = 9;
    request.options.ignore_eos = true;
    request.options.beams = beams;
    return request;
}

std::vector<TokenId> answer(const System& system, const GuidedPrompt& prompt, GenerationRequest request = greedy()) {
    const auto session = system.open(system.positions(prompt, 9).value()).value();
    SteppingClock clock;
    Silent listener;
    EXPECT_TRUE(session->answer(prompt, request, clock, listener, {}).ok());  // what is left of it must not be seen
    const auto found = session->answer(prompt, request, clock, listener, {});
    EXPECT_TRUE(found.ok()) << found.error().to_string();
    return found->tokens;
}

std::unique_ptr<System> system_of(const SoftPrompt& soft) {
    return soft_prompt_system(soft, SystemPrompts::create(nullptr, {}).value());
}

class SoftPrompts : public testing::TestWithParam<const char*> {};

// Embeddings of ids before a prompt are those ids before it: the token-exact reference.
TEST_P(SoftPrompts, vectors_of_tokens_are_as_these_tokens_before_the_prompt) {
    const c10::NoGradGuard no_autograd;
    const LoadedModel model(GetParam());
    const std::vector<TokenId> before{3, 12, 8};
    const at::Tensor ids = ids_row(before, at::kCPU);
    const at::Tensor vectors = model.any().decoder() != nullptr ? model.any().decoder()->embed(ids)
                                                                : model.any().encoder_decoder()->embed_source(ids);
    const SoftPrompt soft = SoftPrompt::create(model.any(), vectors.squeeze(0)).value();
    const auto system = system_of(soft);
    const GuidedPrompt prompt{.small = {5, 9, 7, 4, 11}, .large = {}, .alignment = {}};
    GuidedPrompt longer = prompt;
    longer.small.insert(longer.small.begin(), before.begin(), before.end());
    const auto alone = single_system(model.any(), nullptr, {}).value();
    EXPECT_EQ(answer(*system, prompt), answer(*alone, longer));
    EXPECT_EQ(answer(*system, prompt, greedy(3)), answer(*alone, longer, greedy(3)));
    const std::vector<TokenId> target{4, 9, 3};
    EXPECT_NEAR(system->log_likelihood(prompt, target, {}).value(), alone->log_likelihood(longer, target, {}).value(),
                1e-4);
    EXPECT_EQ(system->positions(prompt, 9)->cache, alone->positions(longer, 9)->cache);
    EXPECT_EQ(system->positions(prompt, 9)->source, 8);
    EXPECT_EQ(system->method(), PairingMethod::prompt_tuning);
}

TEST_P(SoftPrompts, training_foretells_what_use_foretells_step_by_step) {
    const c10::NoGradGuard no_autograd;
    const LoadedModel model(GetParam());
    const SoftPrompt soft =
        SoftPrompt::create(model.any(), {.soft_tokens = 4, .start = SoftPromptStart::random}, 5).value();
    const auto all = examples();
    Examples batch;
    for (const GuidedExample& example : all) {
        batch.push_back(&example);
    }
    const at::Tensor logits = soft_prompt_logits(soft, batch);
    std::int64_t row = 0;
    for (const GuidedExample& example : all) {
        KvCache cache = KvCache::create(model.any().cache_shape(16), at::kCPU).value();
        const auto decoding = input_decoding(model.any(), example.prompt.small, cache, [&](const std::stop_token&) {
            return std::optional(soft.before(ids_row(example.prompt.small, at::kCPU), {}));
        });
        at::Tensor expected = decoding->read(example.prompt.small, {}).value();
        for (std::size_t at = 0; at < example.target.size(); ++at, ++row) {
            EXPECT_TRUE(at::allclose(logits[row], expected, 1e-4, 1e-4))
                << "row " << row << ", off by " << (logits[row] - expected).abs().max().item<float>();
            if (at + 1 < example.target.size()) {
                expected = decoding->next(example.target[at]);
            }
        }
    }
    EXPECT_EQ(row, logits.size(0));
}

TEST_P(SoftPrompts, learn_and_are_loaded_as_they_were_saved) {
    const LoadedModel model(GetParam());
    const TemporaryFolder folder;
    const SoftPromptOptions options{.soft_tokens = 4};
    const SoftPrompt soft = SoftPrompt::create(model.any(), options, 5).value();
    const at::Tensor before = soft.vectors().clone();
    const auto step = soft_prompt_step(soft, {}, examples()).value();
    ASSERT_EQ(step->parameters().size(), 1);
    const Batch batch{0, 1, 2, 3, 4};
    CounterRandom random(0, 0);
    const double first = step->loss_sum(batch, random).item<double>();
    Trainer trainer(*step, {.optimiser = {.learning_rate = 0.1}, .epochs = 120},
                    {.checkpoints = folder / "checkpoints", .run = "a run", .seed = 1}, {});
    const auto outcome = trainer.run({});
    ASSERT_TRUE(outcome.ok()) << outcome.error().to_string();
    EXPECT_LT(step->loss_sum(batch, random).item<double>(), 0.9 * first);
    EXPECT_FALSE(at::equal(before, soft.vectors()));

    const ModelRef reference{.name = "m", .location = "/m", .sha256 = "1"};
    const auto saved =
        save_soft_prompt(folder / "trained", {.model = reference, .options = options, .vectors = soft.vectors()});
    ASSERT_TRUE(saved.ok()) << saved.error().to_string();
    const auto loaded = load_soft_prompt(folder / "trained", at::kCPU);
    ASSERT_TRUE(loaded.ok()) << loaded.error().to_string();
    EXPECT_EQ(loaded->model.sha256, "1");
    EXPECT_EQ(loaded->options.soft_tokens, 4);
    EXPECT_TRUE(at::equal(loaded->vectors, soft.vectors()));
    const SoftPrompt again = SoftPrompt::create(model.any(), loaded->vectors).value();
    const GuidedPrompt prompt{.small = {5, 9, 7, 4, 11}, .large = {}, .alignment = {}};
    EXPECT_EQ(answer(*system_of(again), prompt), answer(*system_of(soft), prompt));
}

INSTANTIATE_TEST_SUITE_P(Models, SoftPrompts,
                         testing::Values("mistral_full", "gpt2_published", "gemma2_caps_windows", "opt_plain", "bart",
                                         "t5_first"));

TEST(SoftPrompt, begins_as_the_seed_says) {
    const LoadedModel model("mistral_full");
    const auto drawn = [&](SoftPromptStart start, std::uint64_t seed) {
        return SoftPrompt::create(model.any(), {.soft_tokens = 6, .start = start}, seed).value().vectors();
    };
    for (const SoftPromptStart start : {SoftPromptStart::vocabulary, SoftPromptStart::random}) {
        EXPECT_TRUE(at::equal(drawn(start, 1), drawn(start, 1)));
        EXPECT_FALSE(at::equal(drawn(start, 1), drawn(start, 2)));
    }
    EXPECT_LE(drawn(SoftPromptStart::random, 1).abs().max().item<float>(), 0.5F);
    const std::int64_t vocabulary = model.any().shape().vocab;
    const at::Tensor table = model.any().decoder()->embed(at::arange(vocabulary).unsqueeze(0)).squeeze(0);
    const at::Tensor vectors = drawn(SoftPromptStart::vocabulary, 1);
    for (std::int64_t row = 0; row < 6; ++row) {
        EXPECT_TRUE((table == vectors[row]).all(1).any().item<bool>()) << "row " << row << " is no embedding";
    }
}

TEST(SoftPrompt, refuses_what_does_not_fit) {
    const LoadedModel model("mistral_full");
    EXPECT_EQ(SoftPrompt::create(model.any(), at::zeros({3, 1})).error().code, "PAIRING_FOLDER");
    const SoftPrompt soft = SoftPrompt::create(model.any(), SoftPromptOptions{.soft_tokens = 3}, 1).value();
    EXPECT_EQ(soft_prompt_step(soft, {}, {}).error().code, "DATA_EMPTY");
    EXPECT_EQ(soft_prompt_step(soft, {}, {example_of({}, {2})}).error().code, "DATA_EMPTY");
    EXPECT_EQ(system_of(soft)->positions({}, 4).error().code, "PROMPT_EMPTY");
    ModelShape small = model.any().shape();
    small.context = 10;
    const GuidedPrompt prompt{.small = {5, 9, 7, 4, 11}, .large = {}, .alignment = {}};
    EXPECT_TRUE(soft_prompt_positions(small, 3, prompt, 1).ok());
    EXPECT_EQ(soft_prompt_positions(small, 6, prompt, 1).error().code, "CONTEXT_TOO_LONG");

    const TemporaryFolder folder;
    const ModelRef reference{.name = "m", .location = "/m", .sha256 = "1"};
    const SavedSoftPrompt saved{.model = reference, .options = {.soft_tokens = 3}, .vectors = soft.vectors()};
    ASSERT_TRUE(save_soft_prompt(folder / "p", saved).ok());
    EXPECT_EQ(load_pairing(folder / "p", at::kCPU).error().code, "PAIRING_FOLDER");  // it is no guided one
    ModelRef other = reference;
    other.sha256 = "2";
    EXPECT_TRUE(check_trained_with(folder / "p", saved, reference).ok());
    EXPECT_EQ(check_trained_with(folder / "p", saved, other).error().code, "PAIRING_FOLDER");
    EXPECT_EQ(trained_soft_tokens("p", 3, 20).value(), 3);  // not declared: the default
    EXPECT_EQ(trained_soft_tokens("p", 3, 4).error().code, "PAIRING_FOLDER");
    SavedSoftPrompt wrong = saved;
    wrong.options.soft_tokens = 4;
    ASSERT_TRUE(save_soft_prompt(folder / "wrong", wrong).ok());
    EXPECT_EQ(load_soft_prompt(folder / "wrong", at::kCPU).error().code, "PAIRING_FOLDER");
}

}  // namespace
}  // namespace tandem::test
