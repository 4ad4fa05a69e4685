// A system without models that has a known answer to each text, for tests of what is done with answers.
// Thread rule: as System's.
#pragma once

#include <limits>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/pairing/system.h"
#include "tests/support/fake_model.h"
#include "tests/support/fake_tokenizer.h"

namespace tandem::test {

class FakeSystem : public System {
public:
    // A text that is not among `answers` is answered with nothing but the end.
    explicit FakeSystem(std::map<std::string, std::string> answers, std::int64_t context = 1000)
        : answers_(std::move(answers)), context_(context) {}

    PairingMethod method() const override { return PairingMethod::single; }
    std::vector<const Model*> models() const override { return {&model_}; }
    const std::shared_ptr<const Tokenizer>& tokenizer() const override { return tokenizer_; }

    Result<GuidedPrompt> prompt(std::string_view text) const override {
        return GuidedPrompt{.small = tokenizer_->encode(text, {}), .large = {}, .alignment = {}};
    }
    Result<GuidedPrompt> synthetic(std::int64_t tokens, std::uint64_t) const override {
        return GuidedPrompt{
            .small = std::vector<TokenId>(static_cast<std::size_t>(tokens), 'x'), .large = {}, .alignment = {}};
    }
    Result<Positions> positions(const GuidedPrompt& prompt, std::int64_t new_tokens) const override {
        const auto needed = static_cast<std::int64_t>(prompt.small.size()) + new_tokens;
        if (needed > context_) {
            return Error{.code = "CONTEXT_TOO_LONG", .message = std::to_string(needed) + " positions"};
        }
        return Positions{.cache = needed};
    }
    Result<std::unique_ptr<Session>> open_with(const Positions& most, PrefixReuse /*reuse*/) const override {
        opened.push_back(most.cache);
        return std::unique_ptr<Session>(std::make_unique<FakeSession>(*this, most.cache));
    }
    Result<double> log_likelihood(const GuidedPrompt&, std::span<const TokenId> target,
                                  const std::stop_token&) const override {
        targets.emplace_back(target.begin(), target.end());
        return nats_per_token * static_cast<double>(target.size());
    }

    double nats_per_token = -0.5;
    mutable std::vector<std::int64_t> opened;  // slots of each session
    mutable std::vector<std::vector<TokenId>> targets;

private:
    class FakeSession : public Session {
    public:
        FakeSession(const FakeSystem& system, std::int64_t slots) : system_(system), slots_(slots) {}

        Result<Answer> answer(const GuidedPrompt& prompt, const GenerationRequest& request, const Clock& clock,
                              GenerationListener& listener, const std::stop_token& stop) override {
            const Tokenizer& tokenizer = *system_.tokenizer_;
            const auto found = system_.answers_.find(tokenizer.decode(prompt.small, true));
            listener.phase_begins(GenerationPhase::prefill, clock.now_ns());
            listener.phase_ends(GenerationPhase::prefill, clock.now_ns());
            Answer answer;
            auto ids = tokenizer.encode(found == system_.answers_.end() ? "" : found->second, {});
            ids.push_back(FakeTokenizer::end_of_text);
            for (const TokenId id : ids) {
                if (stop.stop_requested()) {
                    answer.reason = StopReason::cancelled;
                    return answer;
                }
                const std::string text = tokenizer.is_special(id) ? "" : tokenizer.piece(id);
                const auto index = static_cast<std::int64_t>(answer.tokens.size());
                answer.tokens.push_back(id);
                answer.text += text;
                listener.token({.id = id, .index = index, .time_ns = clock.now_ns(), .text = text});
                if (id == FakeTokenizer::end_of_text) {
                    answer.reason = StopReason::eos;
                } else if (index + 1 == request.options.max_new_tokens) {
                    answer.reason = StopReason::length;
                    break;
                }
            }
            return answer;
        }
        std::int64_t cache_bytes() const override { return slots_ * 8; }

    private:
        const FakeSystem& system_;
        std::int64_t slots_;
    };

    std::map<std::string, std::string> answers_;
    std::int64_t context_;
    FakeModel model_ = FakeModel::mixing();
    std::shared_ptr<const Tokenizer> tokenizer_ = std::make_shared<FakeTokenizer>();
};

}  // namespace tandem::test
