// One answer of one model: prefill, of a decoder in bounded chunks, then token by token, until a stop rule holds.
// Cancelling takes effect between chunks and between tokens. Same model, prompt, options and random source: same
// tokens. Errors: CONTEXT_TOO_LONG, PROMPT_EMPTY, TOK_ID_RANGE, OPTION_RANGE, OPTION_CONFLICT, OPTION_STOP,
// BEAMS_UNSUPPORTED, LOGITS_NOT_FINITE, OUT_OF_MEMORY, TORCH_FAILED. Thread rule: one call at a time on one KvCache;
// the listener is called from the calling thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/api/field.h"
#include "engine/api/options.h"
#include "engine/benchmark/clock.h"
#include "engine/generation/decoding.h"
#include "engine/generation/random.h"
#include "engine/tokenizer/tokenizer.h"

namespace tandem {

enum class StopReason { eos, length, stop, cancelled };

template <>
struct EnumNames<StopReason> {
    static constexpr std::array<std::pair<StopReason, std::string_view>, 4> values{
        {{StopReason::eos, "eos"},
         {StopReason::length, "length"},
         {StopReason::stop, "stop"},
         {StopReason::cancelled, "cancelled"}}};
};

struct GenerationRequest {
    std::vector<TokenId> prompt;
    GenerationOptions options;
    std::vector<TokenId> end_ids;  // choosing one ends the answer, unless options.ignore_eos
    Random random{0};
    std::int64_t prefill_chunk = 0;  // tokens of one forward pass over the prompt; 0: prefill_chunk_for the model
};

struct GeneratedToken {
    TokenId id = 0;
    std::int64_t index = 0;    // position in the answer, from 0
    std::int64_t time_ns = 0;  // of the clock, when it was chosen; of several beams' last token, when the answer was
    std::string text;          // what may be shown since the token before; all pieces together are the answer's text
};

enum class GenerationPhase { prefill, decode };

class GenerationListener {
public:
    virtual ~GenerationListener() = default;
    virtual void phase_begins(GenerationPhase phase, std::int64_t time_ns) = 0;
    virtual void phase_ends(GenerationPhase phase, std::int64_t time_ns) = 0;
    virtual void token(const GeneratedToken& token) = 0;
    // Of a beam search, whose tokens all come at its end: it is so many tokens deep now.
    virtual void searched(std::int64_t /*tokens*/) {}
};

struct Answer {
    std::vector<TokenId> tokens;  // with the end of text, if one was chosen
    std::string text;             // special tokens give no text; ends before the stop string that was met
    StopReason reason = StopReason::length;
    std::int64_t drafted = 0;   // tokens that a small model proposed (speculative decoding)
    std::int64_t accepted = 0;  // those of them that are in the answer
};

// Clears the cache and answers; with options.beams above 1 by a search, for which a second cache of as many rows is
// made. What an encoder-decoder's configuration says of its targets holds (TargetTokens), but
// for the last token where the end of text is ignored. Without a tokenizer (null) there is no text, and stop strings
// are refused. Cancelling is no error: the answer so far comes back with that reason.
Result<Answer> generate(const AnyLm& model, KvCache& cache, const GenerationRequest& request,
                        const std::shared_ptr<const Tokenizer>& tokenizer, const Clock& clock,
                        GenerationListener& listener, const std::stop_token& stop);

// The same by a decoding of the cache that reads the prompt in its own way, as `positions` of the model's own.
Result<Answer> generate(Decoding& decoding, const ModelShape& shape, std::int64_t positions, KvCache& cache,
                        const GenerationRequest& request, const std::shared_ptr<const Tokenizer>& tokenizer,
                        const Clock& clock, GenerationListener& listener, const std::stop_token& stop);

// What can be refused before a pass is run: an empty prompt, ids that are none, more than context or cache hold.
Result<void> check_request(const GenerationRequest& request, const ModelShape& shape, std::int64_t positions,
                           std::int64_t slots);

// Do `prompt` and `answer` tokens fit into a model that was trained for `context` positions (0: it does not say)? Both
// together into a decoder, each on its own into an encoder-decoder.
Result<void> check_context(std::int64_t prompt, std::int64_t answer, const ModelShape& shape, const std::string& where);

// Do `needed` positions fit into a KV cache of `slots`?
Result<void> check_slots(std::int64_t needed, std::int64_t slots);

// Of what the model reads: an encoder-decoder's source may have a vocabulary of its own.
std::int64_t source_vocabulary(const ModelShape& shape);

// The first id that is not in 0 ... vocab - 1 is refused.
Result<void> check_ids(std::span<const TokenId> ids, std::int64_t vocab);
Result<void> check_ids(std::span<const std::int64_t> ids, std::int64_t vocab);

// Tokens of one forward pass over a prompt: a power of two from 32 to 512, smaller for larger models, so that a
// cancelled prefill ends within a fraction of a second on a desktop, up to about half a billion parameters; fewer than
// 32 tokens at a time would cost a larger one much speed, so its wait grows with it (some 5 s at 8 billion). Depends on
// the shape alone: the way a prompt is cut changes the last bits of the logits.
std::int64_t prefill_chunk_for(const ModelShape& shape);

}  // namespace tandem
