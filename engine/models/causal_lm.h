// A loaded decoder-only language model, as generation, pairing and training see it. Thread rule: const after load,
// shared freely. Errors: exceptions of libtorch (c10::Error), which callers at their module's boundary translate once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string_view>
#include <vector>

#include "engine/api/job.h"
#include "engine/api/result.h"
#include "engine/models/language_model.h"

namespace tandem {

// Layers first ... behind - 1.
struct LayerRange {
    std::size_t first = 0;
    std::size_t behind = 0;
};

class CausalLm : public Model {
public:
    // What a cache for this model must be; slots and batch are the caller's.
    virtual KvCacheShape cache_shape(std::int64_t batch, std::int64_t slots) const = 0;

    // ids i64 [batch, tokens] at positions cache.length() ..., which must fit into the cache; cache.starts() says which
    // of them are padding. Returns f32 logits [batch, 1 or tokens, vocab] and advances the cache. Runs without
    // autograd.
    at::Tensor forward(const at::Tensor& ids, KvCache& cache, LogitsFor logits_for) const;
    // The same for what stands where embed() of ids would: f32 [batch, tokens, hidden].
    at::Tensor forward_embeddings(const at::Tensor& embeddings, KvCache& cache, LogitsFor logits_for) const;
    // Hidden states f32 [batch, tokens, hidden] after `layer` layers, 0 ... shape().layers, as transformers counts its
    // hidden_states: 0 is what the first layer reads, the last has the final norm. The layers behind are not run, so
    // the cache serves further calls for the same layer only. Runs without autograd.
    at::Tensor hidden_after(std::int64_t layer, const at::Tensor& ids, KvCache& cache) const;

    // A forward pass in its steps, with autograd as the caller has it; none of them advances the cache.
    //   logits(finish(through(all_layers(), placed(embed(ids), cache), cache)))

    // What the first layer reads of ids, scaled, projected and normed as the family does: f32 [batch, tokens, hidden].
    // Learned positions are no part of it.
    virtual at::Tensor embed(const at::Tensor& ids) const = 0;
    // Embeddings with the learned positions behind cache.length(), where the family has some.
    virtual at::Tensor placed(const at::Tensor& embeddings, const KvCache& cache) const;
    // hidden [batch, tokens, hidden] as the range's first layer reads it, to what its last one gives; keys and values
    // go to the cache.
    virtual at::Tensor through(LayerRange range, at::Tensor hidden, KvCache& cache) const = 0;
    // The final norm, of a family that has one.
    virtual at::Tensor finish(const at::Tensor& hidden) const = 0;
    // f32 [batch, tokens, vocab]
    virtual at::Tensor logits(const at::Tensor& finished) const = 0;

    LayerRange all_layers() const { return {0, static_cast<std::size_t>(shape().layers)}; }
};

// One whose layers keep the same numbers of keys and values, those of its shape.
class UniformCausalLm : public Loaded<CausalLm> {
public:
    using Loaded::Loaded;

    KvCacheShape cache_shape(std::int64_t batch, std::int64_t slots) const override {
        return KvCacheShape::uniform(shape().layers, batch, shape().kv_heads, slots, shape().head_dim, cache_type());
    }
};

// load_model for a model that must be decoder-only. Errors: MODEL_KIND besides.
Result<std::shared_ptr<const CausalLm>> load_causal_lm(const ModelRef& model, const LoadOptions& options,
                                                       at::Device device, std::uint64_t seed,
                                                       const LoadListener& listener, std::stop_token stop);

}  // namespace tandem
