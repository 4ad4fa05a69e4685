#include "engine/pairing/speculative_system.h"

#include "engine/pairing/shared_vocabulary.h"
#include "engine/pairing/single_system.h"

namespace tandem {
namespace {

class SpeculativeSession : public Session {
public:
    SpeculativeSession(const SpeculativePair& pair, const System& system, KvCache large, KvCache small,
                       std::int64_t source)
        : pair_(pair), system_(system), large_(std::move(large)), small_(std::move(small)), source_(source) {}

    Result<Answer> answer(const GuidedPrompt& prompt, const GenerationRequest& request, const Clock& clock,
                          GenerationListener& listener, const std::stop_token& stop) override {
        GenerationRequest own = request;
        own.prompt = prompt.small;
        return generate_speculative(pair_, large_, small_, own, system_.tokenizer(), clock, listener, stop);
    }

    std::int64_t cache_bytes() const override {
        return large_.shape().bytes() + small_.shape().bytes() + pair_.large.cross_bytes(source_) +
               pair_.small.cross_bytes(source_);
    }

private:
    const SpeculativePair& pair_;
    const System& system_;
    KvCache large_;
    KvCache small_;
    std::int64_t source_;
};

class SpeculativeSystem : public System {
public:
    SpeculativeSystem(const SpeculativePair& pair, std::unique_ptr<System> large)
        : pair_(pair), large_(std::move(large)) {}

    PairingMethod method() const override { return PairingMethod::speculative; }
    std::vector<const Model*> models() const override { return {&pair_.large.model(), &pair_.small.model()}; }
    const std::shared_ptr<const Tokenizer>& tokenizer() const override { return large_->tokenizer(); }

    Result<GuidedPrompt> prompt(std::string_view text) const override { return large_->prompt(text); }

    Result<GuidedPrompt> synthetic(std::int64_t tokens, std::uint64_t seed) const override {
        return large_->synthetic(tokens, seed);
    }

    Result<Positions> positions(const GuidedPrompt& prompt, std::int64_t new_tokens) const override {
        const Positions alone = TANDEM_TRY(large_->positions(prompt, new_tokens));
        return speculative_positions(alone, pair_.small.shape(), prompt, new_tokens);
    }

    Result<std::unique_ptr<Session>> open_with(const Positions& most, PrefixReuse /*reuse*/) const override {
        KvCache large = TANDEM_TRY(KvCache::create(pair_.large.cache_shape(most.cache), pair_.large.model().device()));
        KvCache small = TANDEM_TRY(KvCache::create(pair_.small.cache_shape(most.cache), pair_.small.model().device()));
        return std::unique_ptr<Session>(
            std::make_unique<SpeculativeSession>(pair_, *this, std::move(large), std::move(small), most.source));
    }

    Result<double> log_likelihood(const GuidedPrompt& prompt, std::span<const TokenId> target,
                                  const std::stop_token& stop) const override {
        return large_->log_likelihood(prompt, target, stop);
    }

private:
    SpeculativePair pair_;
    std::unique_ptr<System> large_;
};

}  // namespace

Result<std::unique_ptr<System>> speculative_system(const SpeculativePair& pair,
                                                   const std::shared_ptr<const Tokenizer>& large,
                                                   const std::shared_ptr<const Tokenizer>& small,
                                                   const PromptStyle& style) {
    TANDEM_TRY(check_shared_vocabulary(pair.large.shape(), large.get(), pair.small.shape(), small.get()));
    return speculative_system(pair, TANDEM_TRY(SystemPrompts::create(large, style)));
}

Result<std::unique_ptr<System>> speculative_system(const SpeculativePair& pair,
                                                   std::shared_ptr<const SystemPrompts> prompts) {
    TANDEM_TRY(check_speculative(pair));
    return std::unique_ptr<System>(
        std::make_unique<SpeculativeSystem>(pair, single_system(pair.large, std::move(prompts))));
}

Result<Positions> speculative_positions(Positions alone, const ModelShape& small, const GuidedPrompt& prompt,
                                        std::int64_t new_tokens) {
    const auto tokens = static_cast<std::int64_t>(prompt.small.size());
    TANDEM_TRY(check_draft_context(tokens, new_tokens, small));
    alone.large = tokens;
    return alone;
}

}  // namespace tandem
