// A loaded encoder-decoder language model: it reads a source once, then writes a target token by token.
// Thread rule: const after load, shared freely. Errors: exceptions of libtorch (c10::Error), which callers at their
// module's boundary translate once.
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

// What an encoder reads: tokens, or embeddings in their place.
struct Source {
    at::Tensor ids;         // i64 [batch, source]; undefined where embeddings stand alone: no id says padding then
    at::Tensor embeddings;  // f32 [batch, source, source_width()]; undefined: embed_source(ids)
    at::Tensor mask;        // bool [batch, source], false for padding; undefined: there is none

    std::int64_t tokens() const { return embeddings.defined() ? embeddings.size(1) : ids.size(1); }
};

struct EncoderOutput {
    at::Tensor hidden;  // f32 [batch, source, source_width()]
    at::Tensor mask;    // bool [batch, source], false for what the decoder does not see; undefined: it sees all
};

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
    // ids i64 [batch, source], mask bool [batch, source] or undefined. Runs without autograd.
    EncodedSource encode(const at::Tensor& ids, const at::Tensor& mask) const;
    // The same for a source in embeddings.
    EncodedSource encode(const Source& source) const;
    // The encoder alone, without autograd.
    EncoderOutput read_frozen(const Source& source) const;
    // What the decoder needs of a given encoder output, in place of the encoder's own; autograd as the caller has it.
    EncodedSource attach(EncoderOutput output) const;

    // What a cache of the decoder's self-attention must be. Cross-attention takes as much for as many tokens of the
    // source.
    virtual KvCacheShape cache_shape(std::int64_t batch, std::int64_t slots) const = 0;
    // ids i64 [batch, tokens] of the target at positions cache.length() ..., which must fit into the cache. Returns f32
    // logits [batch, 1 or tokens, vocab] and advances the cache. Runs without autograd.
    at::Tensor forward(const at::Tensor& ids, const EncodedSource& source, KvCache& cache, LogitsFor logits_for) const;

    // The same in its steps, with autograd as the caller has it: write(ids, attach(read(source)), cache, ...), which
    // does not advance the cache.

    // What the first encoder layer reads of ids, scaled as the family does, without positions and the norm over both:
    // f32 [batch, source, source_width()].
    virtual at::Tensor embed_source(const at::Tensor& ids) const = 0;
    // The encoder's output, with its final norm.
    virtual EncoderOutput read(const Source& source) const = 0;
    // Of each decoder layer the keys and values of an encoder output.
    virtual std::vector<KeysValues> cross(const at::Tensor& hidden) const = 0;
    virtual at::Tensor write(const at::Tensor& ids, const EncodedSource& source, KvCache& cache,
                             LogitsFor logits_for) const = 0;
    // Width of the encoder, which may differ from the decoder's.
    virtual std::int64_t source_width() const { return shape().hidden; }
    // What a target begins with.
    std::int64_t decoder_start_id() const { return shape().target.start; }
};

// load_model for a model that must be an encoder-decoder. Errors: MODEL_KIND besides.
Result<std::shared_ptr<const EncoderDecoderLm>> load_encoder_decoder(const ModelRef& model, const LoadOptions& options,
                                                                     at::Device device, std::uint64_t seed,
                                                                     const LoadListener& listener,
                                                                     std::stop_token stop);

}  // namespace tandem
