// Pairings of the tiny checkpoints: what training computes is what use computes, for every fusion and place, and the
// guidance arrives. Models of different families; tokens and alignments are given, as tokenizers would give them.
#include "engine/pairing/llm_to_slm.h"

#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include "engine/generation/beam_decoding.h"
#include "engine/models/registry.h"
#include "tests/engine/pairing/guided_forms.h"
#include "tests/engine/pairing/pairing_support.h"
#include "tests/support/stepping_clock.h"

namespace tandem::test {
namespace {

class Guided : public testing::TestWithParam<Form> {
protected:
    Guided() : large_(GetParam().large), small_(GetParam().small) {}

    LlmToSlm pairing(std::uint64_t seed = 5) const {
        return drawn_pairing(large_.any(), small_.any(), GetParam().settings, seed);
    }

    // Five tokens of the small model, seven of the large one.
    GuidedPrompt prompt() const {
        return {.small = {5, 9, 7, 4, 11},
                .large = {3, 8, 6, 12, 10, 5, 9},
                .alignment = {{0, 1}, {1, 3}, {2, 4}, {4, 5}, {5, 7}}};
    }

    Result<Answer> answer(const LlmToSlm& pairing, const GuidedPrompt& prompt, GenerationOptions options = {}) const {
        options.max_new_tokens = 6;
        options.ignore_eos = true;
        KvCache cache = KvCache::create(small_.any().cache_shape(pairing.slots_needed(prompt, 6)), at::kCPU).value();
        SteppingClock clock;
        Silent listener;
        return pairing.generate(prompt, cache, {.prompt = {}, .options = options, .end_ids = {}, .random = Random(3)},
                                nullptr, clock, listener, {});
    }

    // Logits [answer, vocab] as training computes them: the prompt with its answer and padding behind, in a batch with
    // a longer neighbour.
    at::Tensor training_logits(const LlmToSlm& pairing, const GuidedPrompt& prompt,
                               const std::vector<TokenId>& answer) const {
        const at::Tensor own = pairing.vectors(prompt, {}).value();
        const std::int64_t wide = own.size(0) + 4;
        at::Tensor vectors = at::randn({2, wide, own.size(1)});
        vectors[1].narrow(0, 0, own.size(0)).copy_(own);
        at::Tensor mask = at::zeros({2, wide}, at::kBool);
        mask[0].fill_(true);
        mask[1].narrow(0, 0, own.size(0)).fill_(true);
        if (const CausalLm* decoder = small_.any().decoder()) {
            std::vector<TokenId> text = prompt.small;
            text.insert(text.end(), answer.begin(), answer.end() - 1);
            const std::int64_t tokens = static_cast<std::int64_t>(text.size()) + 3;
            return decoder_logits(*decoder, pairing, text, tokens, vectors, mask, answer.size());
        }
        const EncoderDecoderLm& model = *small_.any().encoder_decoder();
        at::Tensor ids = at::full({2, static_cast<std::int64_t>(prompt.small.size()) + 4}, 6, at::kLong);
        at::Tensor there = at::ones(ids.sizes(), at::kBool);
        const auto length = static_cast<std::int64_t>(prompt.small.size());
        ids[1].narrow(0, 0, length).copy_(ids_row(prompt.small, at::kCPU)[0]);
        ids[1].narrow(0, length, 4).fill_(model_padding());
        there[1].narrow(0, length, 4).fill_(false);
        const EncodedSource source = pairing.guided_source(ids, there, {vectors, mask});
        std::vector<TokenId> target{static_cast<TokenId>(model.decoder_start_id())};
        target.insert(target.end(), answer.begin(), answer.end() - 1);
        KvCache cache =
            KvCache::create(model.cache_shape(2, static_cast<std::int64_t>(target.size())), at::kCPU).value();
        return model.write(ids_row(target, at::kCPU).expand({2, -1}), source, cache, LogitsFor::all)[1];
    }

    TokenId model_padding() const { return 0; }

    at::Tensor decoder_logits(const CausalLm& decoder, const LlmToSlm& pairing, const std::vector<TokenId>& text,
                              std::int64_t tokens, const at::Tensor& vectors, const at::Tensor& mask,
                              std::size_t answer) const {
        at::Tensor ids = at::full({2, tokens}, 6, at::kLong);
        at::Tensor there = at::ones({2, tokens}, at::kBool);
        const auto length = static_cast<std::int64_t>(text.size());
        ids[1].narrow(0, 0, length).copy_(ids_row(text, at::kCPU)[0]);
        there[1].narrow(0, length, tokens - length).fill_(false);
        Sequence guidance{vectors, mask};
        if (pairing.settings().one_for_each_token()) {  // one for each token, answers have none
            guidance = {at::constant_pad_nd(vectors, {0, 0, 0, tokens - vectors.size(1)}, 7),
                        at::constant_pad_nd(mask, {0, tokens - vectors.size(1)}, false)};
        }
        const FusedSequence fused = pairing.guided_prompt(ids, there, guidance);
        const at::Tensor embeddings = fused.sequence.vectors;
        KvCache cache = KvCache::create(decoder.cache_shape(2, embeddings.size(1)), at::kCPU).value();
        const at::Tensor hidden =
            decoder.finish(decoder.through(decoder.all_layers(), decoder.placed(embeddings, cache), cache));
        const auto count = static_cast<std::int64_t>(answer);
        return decoder.logits(hidden)[1].narrow(0, fused.begins[1].item<std::int64_t>() + length - count, count);
    }

    LoadedModel large_;
    LoadedModel small_;
};

// Where a prompt's own tokens are left: an answer can stand behind them in one sequence.
class GuidedPrompts : public Guided {};

TEST_P(GuidedPrompts, what_training_computes_is_what_use_computes) {
    const LlmToSlm guided = pairing();
    const auto found = answer(guided, prompt());
    ASSERT_TRUE(found.ok()) << found.error().to_string();
    ASSERT_EQ(found->tokens.size(), 6U);
    const at::Tensor logits = training_logits(guided, prompt(), found->tokens);
    const at::Tensor best = logits.argmax(-1);
    for (std::int64_t i = 0; i < 6; ++i) {
        EXPECT_EQ(best[i].item<std::int64_t>(), found->tokens[static_cast<std::size_t>(i)]) << "token " << i;
    }
}

TEST_P(Guided, the_guidance_arrives) {
    const LlmToSlm guided = pairing();
    GuidedPrompt other = prompt();
    other.large[3] = 2;
    const auto logits_of = [&](const GuidedPrompt& read) {
        KvCache cache = KvCache::create(small_.any().cache_shape(guided.slots_needed(read, 1)), at::kCPU).value();
        return guided.decoding(read, cache)->read({}, {}).value();
    };
    EXPECT_FALSE(at::allclose(logits_of(prompt()), logits_of(other)));
    EXPECT_TRUE(logits_of(prompt()).equal(logits_of(prompt())));
}

TEST_P(Guided, each_beam_is_what_it_would_be_alone) {
    const LlmToSlm guided = pairing();
    const GuidedPrompt read = prompt();
    const auto cache = [&] {
        return KvCache::create(small_.any().cache_shape(guided.slots_needed(read, 4)), at::kCPU).value();
    };
    const auto alone = [&](const std::vector<TokenId>& answer) {
        KvCache own = cache();
        const auto decoding = guided.decoding(read, own);
        at::Tensor logits = decoding->read({}, {}).value();
        for (const TokenId id : answer) {
            logits = decoding->next(id);
        }
        return logits;
    };
    KvCache one = cache();
    const auto decoding = guided.decoding(read, one);
    ASSERT_TRUE(decoding->read({}, {}).has_value());
    auto beams = decoding->beams(2);
    ASSERT_TRUE(beams.ok()) << beams.error().to_string();
    (void)beams->next(std::vector<TokenId>{4, 7}, std::vector<std::int64_t>{0, 0});
    const at::Tensor logits = beams->next(std::vector<TokenId>{6, 3}, std::vector<std::int64_t>{1, 0});
    EXPECT_TRUE(at::allclose(logits[0], alone({7, 6}), 1e-4, 1e-4));
    EXPECT_TRUE(at::allclose(logits[1], alone({4, 3}), 1e-4, 1e-4));
}

TEST_P(Guided, sampling_is_that_of_generation) {
    const LlmToSlm guided = pairing();
    const GenerationOptions options{.temperature = 1.5, .top_k = 5};
    EXPECT_EQ(answer(guided, prompt(), options)->tokens, answer(guided, prompt(), options)->tokens);
}

INSTANTIATE_TEST_SUITE_P(All, Guided, testing::ValuesIn(guided_forms()), form_name);
INSTANTIATE_TEST_SUITE_P(All, GuidedPrompts, testing::ValuesIn(forms_with_a_prompt()), form_name);

TEST(LlmToSlm, what_cannot_run_is_refused_with_its_reason) {
    const LoadedModel large("gpt2_tied");
    const LoadedModel encoder("t5_first");
    const auto code = [&](const AnyLm& guide, const AnyLm& small, const PairingSettings& settings) {
        const auto made = LlmToSlm::create(guide, small, settings, 1);
        return made.ok() ? "accepted" : made.error().code;
    };
    EXPECT_EQ(code(large.any(), large.any(), {.layer = 3}), "PAIRING_LAYER");
    EXPECT_EQ(code(large.any(), large.any(), {.layer = 2}), "accepted");
    EXPECT_EQ(code(encoder.any(), large.any(), {.layer = 1}), "PAIRING_LAYER");
    EXPECT_EQ(code(large.any(), large.any(), at_output(add)), "PAIRING_FUSION");
    EXPECT_EQ(code(large.any(), encoder.any(), {.aligned = false}), "PAIRING_FUSION");
    const LlmToSlm guided = drawn_pairing(large.any(), encoder.any(), {}, 1);
    const auto checked = [&](const GuidedPrompt& prompt) {
        const auto result = guided.check(prompt);
        return result.ok() ? "accepted" : result.error().code;
    };
    EXPECT_EQ(checked({.small = {1}, .large = {1, 2}, .alignment = {{0, 2}}}), "accepted");
    EXPECT_EQ(checked({.small = {1}, .large = {1, 2}, .alignment = {}}), "PAIRING_ALIGNMENT");
    EXPECT_EQ(checked({.small = {1}, .large = {1, 2}, .alignment = {{0, 3}}}), "PAIRING_ALIGNMENT");
    EXPECT_EQ(checked({.small = {1}, .large = {}, .alignment = {{0, 1}}}), "PROMPT_EMPTY");
    EXPECT_EQ(checked({.small = {1}, .large = {100000}, .alignment = {{0, 1}}}), "TOK_ID_RANGE");
}

TEST(LlmToSlm, what_is_added_begins_as_the_small_model_alone) {
    const LoadedModel large("gpt2_tied");
    const LoadedModel small("llama_biases");
    const c10::NoGradGuard no_autograd;
    const at::Tensor ids = at::tensor(std::vector<std::int64_t>{5, 9, 7}).unsqueeze(0);
    const GuidedPrompt prompt{.small = {5, 9, 7}, .large = {4, 5, 6}, .alignment = {{0, 1}, {1, 2}, {2, 3}}};
    const auto embeddings = [&](const LlmToSlm& pairing) {
        const Sequence vectors{.vectors = pairing.vectors(prompt, {}).value().unsqueeze(0), .mask = {}};
        return pairing.guided_prompt(ids, {}, vectors).sequence.vectors;
    };
    const at::Tensor own = small.any().decoder()->embed(ids);
    for (const ProjectorKind kind :
         {ProjectorKind::mlp, ProjectorKind::linear, ProjectorKind::gated, ProjectorKind::low_rank}) {
        const PairingSettings settings{.projector = {.kind = kind}};
        EXPECT_TRUE(embeddings(LlmToSlm::create(large.any(), small.any(), settings, 1).value()).equal(own));
        EXPECT_FALSE(embeddings(drawn_pairing(large.any(), small.any(), settings, 1)).equal(own));
    }
    const PairingSettings in_its_place{.fusion = Fusion::replace};
    EXPECT_GT(embeddings(LlmToSlm::create(large.any(), small.any(), in_its_place, 1).value()).abs().max().item<float>(),
              0);
}

TEST(LlmToSlm, the_size_of_vectors_counts_only_without_their_norm) {
    const LoadedModel large("gpt2_tied");
    const LoadedModel small("llama_biases");
    const c10::NoGradGuard no_autograd;
    const Sequence once{
        .vectors = at::linspace(-1, 2, 2 * large.any().shape().hidden).view({1, 2, large.any().shape().hidden}),
        .mask = {}};
    const Sequence louder{.vectors = once.vectors * 300, .mask = {}};
    for (const VectorNorm norm : {VectorNorm::rms, VectorNorm::none}) {
        const LlmToSlm pairing = drawn_pairing(large.any(), small.any(), {.vector_norm = norm}, 1);
        const at::Tensor change = (pairing.projected(louder).vectors - pairing.projected(once).vectors).abs().max();
        EXPECT_EQ(change.item<float>() < 1e-4F, norm == VectorNorm::rms);
    }
}

TEST(LlmToSlm, a_decoder_is_read_after_three_quarters_of_its_layers) {
    EXPECT_EQ(default_guide_layer(1), 1);
    EXPECT_EQ(default_guide_layer(2), 2);
    EXPECT_EQ(default_guide_layer(12), 9);
    EXPECT_EQ(default_guide_layer(30), 23);
}

TEST(LlmToSlm, one_position_read_in_two_pools_alike) {
    const LoadedModel large("gpt2_tied");
    const LlmToSlm guided = drawn_pairing(large.any(), large.any(), {}, 1);
    const at::Tensor vectors =
        guided.vectors({.small = {1, 2}, .large = {4, 5, 6}, .alignment = {{1, 2}, {0, 3}}}, {}).value();
    const at::Tensor all = guided.guide().read(std::vector<TokenId>{4, 5, 6}, {}).value();
    EXPECT_TRUE(vectors[0].equal(all[1]));
    EXPECT_LT((vectors[1] - all.mean(0)).abs().max().item<float>(), 1e-5F);
}

}  // namespace
}  // namespace tandem::test
