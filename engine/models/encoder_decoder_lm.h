// A loaded encoder-decoder language model: it reads a source once, then writes a target token by token.
// Thread rule: const after load, shared freely.
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <vector>

#include "engine/api/job.h"
#include "engine/api/result.h"
#include "engine/models/language_model.h"
#include "engine/nn/multi_head.h"

namespace tandem {

// A source as the decoder needs it. Run state of one generation; never changed once made.
struct EncodedSource {
    at::Tensor hidden;  // f32 [batch, source, hidden], the encoder's output
    at::Tensor mask;    // bool [batch, source], false for padding; undefined: there is none
    // Per decoder layer, keys and values of the source [batch, kv_heads, source, head_dim], computed once.
    std::vector<KeysValues> cross;

    std::int64_t bytes() const;
};

class EncoderDecoderLm : public Model {
public:
    // ids i64 [batch, source], mask bool [batch, source] or undefined. Runs without autograd; may throw c10::Error.
    virtual EncodedSource encode(const at::Tensor& ids, const at::Tensor& mask) const = 0;

    // What a cache of the decoder's self-attention must be. Cross-attention takes as much for as many tokens of the
    // source.
    virtual KvCacheShape cache_shape(std::int64_t batch, std::int64_t slots) const = 0;
    // ids i64 [batch, tokens] of the target at positions cache.length() ..., which must fit into the cache. Returns f32
    // logits [batch, 1 or tokens, vocab] and advances the cache.
    virtual at::Tensor forward(const at::Tensor& ids, const EncodedSource& source, KvCache& cache,
                               LogitsFor logits_for) const = 0;
    // What a target begins with.
    std::int64_t decoder_start_id() const { return shape().target.start; }
};

// load_model for a model that must be an encoder-decoder. Errors: MODEL_KIND besides.
Result<std::shared_ptr<const EncoderDecoderLm>> load_encoder_decoder(const ModelRef& model, const LoadOptions& options,
                                                                     at::Device device, std::uint64_t seed,
                                                                     const LoadListener& listener,
                                                                     std::stop_token stop);

}  // namespace tandem
