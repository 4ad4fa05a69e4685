#include "engine/pairing/soft_prompt_system.h"

#include <c10/core/GradMode.h>

#include "engine/pairing/single_system.h"
#include "engine/tensor/torch_error.h"

namespace tandem {
namespace {

WriterInput input_of(const SoftPrompt& soft, const GuidedPrompt& prompt) {
    return soft.before(ids_row(prompt.small, soft.model().model().device()), {});
}

class SoftPromptSession : public Session {
public:
    SoftPromptSession(const SoftPrompt& soft, const System& system, KvCache cache, std::int64_t source)
        : soft_(soft), system_(system), cache_(std::move(cache)), source_(source) {}

    Result<Answer> answer(const GuidedPrompt& prompt, const GenerationRequest& request, const Clock& clock,
                          GenerationListener& listener, const std::stop_token& stop) override {
        GenerationRequest own = request;
        own.prompt = prompt.small;
        const auto decoding = input_decoding(soft_.model(), prompt.small, cache_, [&](const std::stop_token&) {
            return std::optional(input_of(soft_, prompt));
        });
        const std::int64_t positions = soft_.tokens() + static_cast<std::int64_t>(prompt.small.size());
        return generate(*decoding, system_.shape(), positions, cache_, own, system_.tokenizer(), clock, listener, stop);
    }

    std::int64_t cache_bytes() const override { return cache_.shape().bytes() + soft_.model().cross_bytes(source_); }

private:
    const SoftPrompt& soft_;
    const System& system_;
    KvCache cache_;
    std::int64_t source_;
};

class SoftPromptSystem : public System {
public:
    SoftPromptSystem(SoftPrompt soft, std::shared_ptr<const SystemPrompts> prompts)
        : soft_(std::move(soft)), prompts_(std::move(prompts)) {}

    PairingMethod method() const override { return PairingMethod::prompt_tuning; }
    std::vector<const Model*> models() const override { return {&soft_.model().model()}; }
    const std::shared_ptr<const Tokenizer>& tokenizer() const override { return prompts_->tokenizer(); }

    Result<GuidedPrompt> prompt(std::string_view text) const override { return prompts_->prompt(text); }

    Result<GuidedPrompt> synthetic(std::int64_t tokens, std::uint64_t seed) const override {
        return synthetic_single_prompt(tokens, shape(), tokenizer().get(), seed);
    }

    Result<Positions> positions(const GuidedPrompt& prompt, std::int64_t new_tokens) const override {
        return soft_prompt_positions(shape(), soft_.tokens(), prompt, new_tokens);
    }

    Result<std::unique_ptr<Session>> open(const Positions& most) const override {
        const AnyLm& model = soft_.model();
        KvCache cache = TANDEM_TRY(KvCache::create(model.cache_shape(most.cache), model.model().device()));
        return std::unique_ptr<Session>(
            std::make_unique<SoftPromptSession>(soft_, *this, std::move(cache), most.source));
    }

    Result<double> log_likelihood(const GuidedPrompt& prompt, std::span<const TokenId> target,
                                  const std::stop_token& stop) const override {
        TANDEM_TRY(positions(prompt, static_cast<std::int64_t>(target.size())));
        TANDEM_TRY(check_ids(target, shape().vocab));
        return translate_torch("score a target", [&]() -> Result<double> {
            const c10::NoGradGuard no_autograd;
            return target_likelihood(soft_.model(), input_of(soft_, prompt), target, stop);
        });
    }

private:
    SoftPrompt soft_;
    std::shared_ptr<const SystemPrompts> prompts_;
};

}  // namespace

std::unique_ptr<System> soft_prompt_system(SoftPrompt soft, std::shared_ptr<const SystemPrompts> prompts) {
    return std::make_unique<SoftPromptSystem>(std::move(soft), std::move(prompts));
}

Result<Positions> soft_prompt_positions(const ModelShape& shape, std::int64_t soft_tokens, const GuidedPrompt& prompt,
                                        std::int64_t new_tokens) {
    const Positions alone = TANDEM_TRY(single_positions(shape, prompt, new_tokens));
    const std::int64_t all = alone.source + soft_tokens;
    TANDEM_TRY(check_context(all, new_tokens, shape, "the soft prompt with the prompt"));
    return Positions{.cache = slots_needed(shape, all, new_tokens), .source = all};
}

}  // namespace tandem
