// A model's side of one generation: it reads a prompt, then takes token after token. A decoder continues the prompt; an
// encoder-decoder encodes it and begins a target of its own. May throw c10::Error: generate() translates once.
// Thread rule: one thread at a time; model and cache must outlive it.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <variant>
#include <vector>

#include "engine/models/causal_lm.h"
#include "engine/models/encoder_decoder_lm.h"
#include "engine/tokenizer/tokenizer.h"

namespace tandem {

class BeamDecoding;
class PromptPrefix;

class Decoding {
public:
    virtual ~Decoding() = default;

    // Before read(): makes its cache ready for a sequence of its own.
    virtual void begin(KvCache& cache) { cache.clear(); }
    // Logits f32 [vocab] of the answer's first token, on the host; none if cancelled on the way. The answer's sequence
    // as it began is what counts as seen from now on.
    virtual std::optional<at::Tensor> read(std::span<const TokenId> prompt, const std::stop_token& stop) = 0;
    // The same after one more token.
    virtual at::Tensor next(TokenId id) = 0;
    // What the sequence began with: the prompt, or an encoder-decoder's start of a target.
    virtual std::vector<TokenId> beginning(std::span<const TokenId> prompt) const = 0;
    // Several sequences that go on from what was read; this one is left as it is. One that cannot says
    // BEAMS_UNSUPPORTED. Errors: OUT_OF_MEMORY besides.
    virtual Result<BeamDecoding> beams(std::int64_t count);
};

// A language model of either kind. Refers to the model, which must outlive it.
class AnyLm {
public:
    AnyLm(const CausalLm& model) : model_(&model) {}          // NOLINT(google-explicit-constructor)
    AnyLm(const EncoderDecoderLm& model) : model_(&model) {}  // NOLINT(google-explicit-constructor)

    const CausalLm* decoder() const;
    const EncoderDecoderLm* encoder_decoder() const;
    const Model& model() const;
    const ModelShape& shape() const { return model().shape(); }
    // Of one sequence. `slots` are those of the decoder.
    KvCacheShape cache_shape(std::int64_t slots) const;
    // Bytes that cross-attention keeps of a source; 0 for a decoder.
    std::int64_t cross_bytes(std::int64_t source) const;

    // `chunk` tokens of a decoder's prompt at a time.
    std::unique_ptr<Decoding> decoding(KvCache& cache, std::int64_t chunk) const;
    // Of a decoder, whose prompts run only what `prefix` does not keep of the cache; it must outlive the decoding.
    std::unique_ptr<Decoding> decoding(KvCache& cache, PromptPrefix& prefix) const;

private:
    std::variant<const CausalLm*, const EncoderDecoderLm*> model_;
};

// Ids as i64 [1, tokens].
at::Tensor ids_row(std::span<const TokenId> ids, at::Device device);
// Logits of one position as f32 [vocab] on the host.
at::Tensor logits_on_host(const at::Tensor& logits);

// Positions of the decoder's cache that a prompt and an answer take: both, or the start and the answer.
std::int64_t slots_needed(const ModelShape& shape, std::int64_t prompt, std::int64_t answer);

}  // namespace tandem
