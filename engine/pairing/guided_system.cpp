#include "engine/pairing/guided_system.h"

#include "engine/pairing/writer_session.h"

namespace tandem {
namespace {

class GuidedSystem : public System {
public:
    GuidedSystem(LlmToSlm pairing, std::shared_ptr<const SystemPrompts> prompts)
        : pairing_(std::move(pairing)), prompts_(std::move(prompts)) {}

    PairingMethod method() const override { return PairingMethod::llm_to_slm; }
    std::vector<const Model*> models() const override { return {&pairing_.small().model(), &pairing_.guide().model()}; }
    const std::shared_ptr<const Tokenizer>& tokenizer() const override { return prompts_->tokenizer(); }

    Result<GuidedPrompt> prompt(std::string_view text) const override { return prompts_->prompt(text); }

    Result<GuidedPrompt> synthetic(std::int64_t tokens, std::uint64_t seed) const override {
        return synthetic_guided_prompt(tokens, shape(), tokenizer().get(), pairing_.guide().model().shape(),
                                       prompts_->partner_tokenizer().get(), seed);
    }

    Result<Positions> positions(const GuidedPrompt& prompt, std::int64_t new_tokens) const override {
        TANDEM_TRY(pairing_.check(prompt));
        return guided_positions(pairing_.settings(), shape(), pairing_.guide().model().shape(), prompt, new_tokens);
    }

    Result<std::unique_ptr<Session>> open_with(const Positions& most, PrefixReuse reuse) const override {
        if (reuse != PrefixReuse::off) {
            return open_reusing(most, reuse);
        }
        // A decoder that guides has a cache while it reads.
        const auto* guide = dynamic_cast<const CausalLm*>(&pairing_.guide().model());
        const std::int64_t beside = guide == nullptr ? 0 : guide->cache_shape(1, most.large).bytes();
        return writer_session(pairing_.small(), most, beside,
                              [this](const GuidedPrompt& prompt, KvCache& cache, const GenerationRequest& request,
                                     const Clock& clock, GenerationListener& listener, const std::stop_token& stop) {
                                  return pairing_.generate(prompt, cache, request, tokenizer(), clock, listener, stop);
                              });
    }

    Result<double> log_likelihood(const GuidedPrompt& prompt, std::span<const TokenId> target,
                                  const std::stop_token& stop) const override {
        return score_target(*this, prompt, target, [&]() -> Result<double> {
            const std::optional<WriterInput> input = pairing_.input(prompt, stop);
            if (!input) {
                return Error{.code = "CANCELLED", .message = "scoring was cancelled", .kind = ErrorKind::cancelled};
            }
            return target_likelihood(pairing_.small(), *input, target, stop);
        });
    }

private:
    Result<std::unique_ptr<Session>> open_reusing(const Positions& most, PrefixReuse reuse) const {
        const auto reader = std::make_shared<GuideReader>(pairing_.guide(), reuse, most.large);
        const auto reading = std::make_shared<const LlmToSlm>(pairing_.read_by(reader));
        return writer_session(
            pairing_.small(), most, GuideReader::bytes(pairing_.guide(), most.large),
            [this, reading](const GuidedPrompt& prompt, KvCache& cache, const GenerationRequest& request,
                            const Clock& clock, GenerationListener& listener, const std::stop_token& stop) {
                return reading->generate(prompt, cache, request, tokenizer(), clock, listener, stop);
            },
            [reader] { return reader->reused(); });
    }

    LlmToSlm pairing_;
    std::shared_ptr<const SystemPrompts> prompts_;
};

}  // namespace

Result<std::unique_ptr<System>> guided_system(LlmToSlm pairing, std::shared_ptr<const Tokenizer> small,
                                              std::shared_ptr<const Tokenizer> large, const PromptStyle& style) {
    return guided_system(std::move(pairing),
                         TANDEM_TRY(SystemPrompts::create(std::move(small), std::move(large), style)));
}

std::unique_ptr<System> guided_system(LlmToSlm pairing, std::shared_ptr<const SystemPrompts> prompts) {
    return std::make_unique<GuidedSystem>(std::move(pairing), std::move(prompts));
}

Result<Positions> guided_positions(const PairingSettings& settings, const ModelShape& small, const ModelShape& large,
                                   const GuidedPrompt& prompt, std::int64_t new_tokens) {
    if (prompt.small.empty() || prompt.large.empty()) {
        return Error{.code = "PROMPT_EMPTY", .message = "the prompt has no tokens; at least one is needed"};
    }
    TANDEM_TRY(check_ids(std::span<const TokenId>(prompt.small), source_vocabulary(small)));
    TANDEM_TRY(check_ids(std::span<const TokenId>(prompt.large), source_vocabulary(large)));
    const auto read = static_cast<std::int64_t>(prompt.large.size());
    TANDEM_TRY(check_context(read, 0, large, "the large model's prompt"));
    const std::int64_t own = positions_taken(settings, prompt);
    TANDEM_TRY(check_context(own, new_tokens, small, {}));
    return Positions{.cache = slots_needed(small, own, new_tokens), .source = own, .large = read};
}

GuidedPrompt synthetic_guided_prompt(std::int64_t tokens, const ModelShape& small, const Tokenizer* small_tokenizer,
                                     const ModelShape& large, const Tokenizer* large_tokenizer, std::uint64_t seed) {
    GuidedPrompt prompt{.small = synthetic_prompt(tokens, source_vocabulary(small), small_tokenizer, seed),
                        .large = synthetic_prompt(tokens, source_vocabulary(large), large_tokenizer, seed),
                        .alignment = {}};
    for (std::int32_t i = 0; i < static_cast<std::int32_t>(tokens); ++i) {  // as many tokens: one for each
        prompt.alignment.push_back({.first = i, .behind = i + 1});
    }
    return prompt;
}

}  // namespace tandem
