#include "engine/pairing/soft_prompt_system.h"

#include "engine/pairing/single_system.h"
#include "engine/pairing/writer_session.h"

namespace tandem {
namespace {

WriterInput input_of(const SoftPrompt& soft, const GuidedPrompt& prompt) {
    return soft.before(ids_row(prompt.small, soft.model().model().device()), {});
}

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

    Result<std::unique_ptr<Session>> open_with(const Positions& most, PrefixReuse /*reuse*/) const override {
        return writer_session(
            soft_.model(), most, 0,
            [this](const GuidedPrompt& prompt, KvCache& cache, const GenerationRequest& request, const Clock& clock,
                   GenerationListener& listener, const std::stop_token& stop) {
                const auto decoding = input_decoding(soft_.model(), prompt.small, cache, [&](const std::stop_token&) {
                    return std::optional(input_of(soft_, prompt));
                });
                const std::int64_t positions = soft_.tokens() + static_cast<std::int64_t>(prompt.small.size());
                return generate(*decoding, shape(), positions, cache, request, tokenizer(), clock, listener, stop);
            });
    }

    Result<double> log_likelihood(const GuidedPrompt& prompt, std::span<const TokenId> target,
                                  const std::stop_token& stop) const override {
        return score_target(*this, prompt, target,
                            [&] { return target_likelihood(soft_.model(), input_of(soft_, prompt), target, stop); });
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
