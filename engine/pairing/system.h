// A pairing as it answers: one model alone, a guided one, one behind a soft prompt, or two by speculative decoding.
// What generate, benchmark, evaluate and the tests of training all run, whatever the method. Thread rule: a System is
// const and shared freely; a Session is one thread's at a time and refers to its system, which must outlive it, as a
// system does to what it was made of. Errors: PAIRING_*, those of loading, of prompts and of generate().
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/job.h"
#include "engine/generation/generate.h"
#include "engine/pairing/guided_prompt.h"

namespace tandem {

// What a session needs room for.
struct Positions {
    std::int64_t cache = 0;   // of the writing model's KV cache
    std::int64_t source = 0;  // tokens that an encoder-decoder which writes reads
    std::int64_t large = 0;   // tokens that the partner reads, 0 where it reads none

    void include(const Positions& other);
};

// Run state for answers, one after another: the caches.
class Session {
public:
    virtual ~Session() = default;

    // request.prompt is left aside. The clock's prefill phase holds everything before the first token: what the partner
    // reads, the projection and the writing model's own prefill.
    virtual Result<Answer> answer(const GuidedPrompt& prompt, const GenerationRequest& request, const Clock& clock,
                                  GenerationListener& listener, const std::stop_token& stop) = 0;
    // Tokens of the last prompt that did not run because those before it began alike: of the partner where it reads
    // one.
    virtual std::int64_t reused_tokens() const { return 0; }
    // Of all caches, with what cross-attention keeps of a source.
    virtual std::int64_t cache_bytes() const = 0;
};

class System {
public:
    virtual ~System() = default;

    virtual PairingMethod method() const = 0;
    // The one that writes first.
    virtual std::vector<const Model*> models() const = 0;
    const ModelShape& shape() const { return models().front()->shape(); }
    // Of the model that writes; null where a model of random weights has none.
    virtual const std::shared_ptr<const Tokenizer>& tokenizer() const = 0;

    // A text as each model reads it. TOK_NONE where one has no tokenizer.
    virtual Result<GuidedPrompt> prompt(std::string_view text) const = 0;
    // `tokens` ids drawn by `seed` for each model that reads the prompt; alignment in proportion.
    virtual Result<GuidedPrompt> synthetic(std::int64_t tokens, std::uint64_t seed) const = 0;
    // Refused is what could not run; else the room that prompt and answer take.
    virtual Result<Positions> positions(const GuidedPrompt& prompt, std::int64_t new_tokens) const = 0;

    // Every prompt read whole.
    Result<std::unique_ptr<Session>> open(const Positions& most) const { return open_with(most, PrefixReuse::off); }
    // `reuse` from one prompt to the next, by methods and models that can: a decoder alone, or a model that guides.
    virtual Result<std::unique_ptr<Session>> open_with(const Positions& most, PrefixReuse reuse) const = 0;

    // Natural log-likelihood of `target` (ids of the writing model, its end of text among them where it counts) behind
    // `prompt`; NaN where the method defines none. Without autograd.
    virtual Result<double> log_likelihood(const GuidedPrompt& prompt, std::span<const TokenId> target,
                                          const std::stop_token& stop) const = 0;
};

// How prompts are made of texts, for both models of a pairing.
struct PromptStyle {
    bool chat = true;
    std::string system;
    std::string prompt = "{source}";          // around the text, of the model that writes
    std::string partner_prompt = "{prompt}";  // around the same text, of the partner
};

}  // namespace tandem
