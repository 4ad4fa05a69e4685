#include "engine/pairing/single_system.h"

#include <c10/core/GradMode.h>

#include "engine/pairing/target_likelihood.h"
#include "engine/tensor/torch_error.h"

namespace tandem {
namespace {

class SingleSession : public Session {
public:
    SingleSession(AnyLm model, const System& system, KvCache cache, std::int64_t source)
        : model_(model), system_(system), cache_(std::move(cache)), source_(source) {}

    Result<Answer> answer(const GuidedPrompt& prompt, const GenerationRequest& request, const Clock& clock,
                          GenerationListener& listener, const std::stop_token& stop) override {
        GenerationRequest own = request;
        own.prompt = prompt.small;
        return generate(model_, cache_, own, system_.tokenizer(), clock, listener, stop);
    }

    std::int64_t cache_bytes() const override { return cache_.shape().bytes() + model_.cross_bytes(source_); }

private:
    AnyLm model_;
    const System& system_;
    KvCache cache_;
    std::int64_t source_;
};

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

    Result<std::unique_ptr<Session>> open(const Positions& most) const override {
        KvCache cache = TANDEM_TRY(KvCache::create(model_.cache_shape(most.cache), model_.model().device()));
        return std::unique_ptr<Session>(std::make_unique<SingleSession>(model_, *this, std::move(cache), most.source));
    }

    Result<double> log_likelihood(const GuidedPrompt& prompt, std::span<const TokenId> target,
                                  const std::stop_token& stop) const override {
        TANDEM_TRY(positions(prompt, static_cast<std::int64_t>(target.size())));
        TANDEM_TRY(check_ids(target, shape().vocab));
        return translate_torch("score a target", [&]() -> Result<double> {
            const c10::NoGradGuard no_autograd;
            const at::Tensor ids = ids_row(prompt.small, model_.model().device());
            if (const CausalLm* decoder = model_.decoder()) {
                return target_likelihood(*decoder, decoder->embed(ids), target, stop);
            }
            const EncoderDecoderLm& model = *model_.encoder_decoder();
            return target_likelihood(model, model.encode(ids, {}), target, stop);
        });
    }

private:
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
