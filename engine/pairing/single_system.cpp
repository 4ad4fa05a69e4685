#include "engine/pairing/single_system.h"

#include "engine/generation/prompt_prefix.h"
#include "engine/pairing/target_likelihood.h"
#include "engine/pairing/writer_session.h"

namespace tandem {
namespace {

class SingleSystem : public System {
public:
    SingleSystem(AnyLm model, std::shared_ptr<const SystemPrompts> prompts)
        : model_(model), prompts_(std::move(prompts)) {}

    PairingMethod method() const override { return PairingMethod::single; }
    std::vector<const Model*> models() const override { return {&model_.model()}; }
    const std::shared_ptr<const Tokenizer>& tokenizer() const override { return prompts_->tokenizer(); }

    Result<GuidedPrompt> prompt(std::string_view text) const override { return prompts_->prompt(text); }

    Result<GuidedPrompt> synthetic(std::int64_t tokens, std::uint64_t seed) const override {
        return synthetic_single_prompt(tokens, shape(), tokenizer().get(), seed);
    }

    Result<Positions> positions(const GuidedPrompt& prompt, std::int64_t new_tokens) const override {
        return single_positions(shape(), prompt, new_tokens);
    }

    Result<std::unique_ptr<Session>> open_with(const Positions& most, PrefixReuse reuse) const override {
        if (reuse != PrefixReuse::off && model_.decoder() != nullptr) {
            return open_reusing(most, reuse);
        }
        return writer_session(model_, most, 0,
                              [this](const GuidedPrompt&, KvCache& cache, const GenerationRequest& request,
                                     const Clock& clock, GenerationListener& listener, const std::stop_token& stop) {
                                  return generate(model_, cache, request, tokenizer(), clock, listener, stop);
                              });
    }

    Result<double> log_likelihood(const GuidedPrompt& prompt, std::span<const TokenId> target,
                                  const std::stop_token& stop) const override {
        return score_target(*this, prompt, target, [&]() -> Result<double> {
            const at::Tensor ids = ids_row(prompt.small, model_.model().device());
            if (const CausalLm* decoder = model_.decoder()) {
                return target_likelihood(*decoder, decoder->embed(ids), target, stop);
            }
            const EncoderDecoderLm& model = *model_.encoder_decoder();
            return target_likelihood(model, model.encode(ids, {}), target, stop);
        });
    }

private:
    Result<std::unique_ptr<Session>> open_reusing(const Positions& most, PrefixReuse reuse) const {
        const auto prefix = std::make_shared<PromptPrefix>(reuse, prefill_chunk_for(shape()));
        return writer_session(
            model_, most, 0,
            [this, prefix](const GuidedPrompt&, KvCache& cache, const GenerationRequest& request, const Clock& clock,
                           GenerationListener& listener, const std::stop_token& stop) {
                const auto decoding = model_.decoding(cache, *prefix);
                return generate(*decoding, shape(), static_cast<std::int64_t>(request.prompt.size()), cache, request,
                                tokenizer(), clock, listener, stop);
            },
            [prefix] { return prefix->kept(); });
    }

    AnyLm model_;
    std::shared_ptr<const SystemPrompts> prompts_;
};

}  // namespace

Result<std::unique_ptr<System>> single_system(AnyLm model, std::shared_ptr<const Tokenizer> tokenizer,
                                              const PromptStyle& style) {
    return single_system(model, TANDEM_TRY(SystemPrompts::create(std::move(tokenizer), style)));
}

std::unique_ptr<System> single_system(AnyLm model, std::shared_ptr<const SystemPrompts> prompts) {
    return std::make_unique<SingleSystem>(model, std::move(prompts));
}

Result<Positions> single_positions(const ModelShape& shape, const GuidedPrompt& prompt, std::int64_t new_tokens) {
    const auto tokens = static_cast<std::int64_t>(prompt.small.size());
    if (tokens == 0) {
        return Error{.code = "PROMPT_EMPTY", .message = "the prompt has no tokens; at least one is needed"};
    }
    TANDEM_TRY(check_ids(std::span<const TokenId>(prompt.small), source_vocabulary(shape)));
    TANDEM_TRY(check_context(tokens, new_tokens, shape, {}));
    return Positions{.cache = slots_needed(shape, tokens, new_tokens), .source = tokens};
}

GuidedPrompt synthetic_single_prompt(std::int64_t tokens, const ModelShape& shape, const Tokenizer* tokenizer,
                                     std::uint64_t seed) {
    return {.small = synthetic_prompt(tokens, source_vocabulary(shape), tokenizer, seed), .large = {}, .alignment = {}};
}

}  // namespace tandem
