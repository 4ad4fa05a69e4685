// A loaded decoder-only language model, as generation sees it. Thread rule: const after load, shared freely.
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string_view>
#include <vector>

#include "engine/api/job.h"
#include "engine/api/result.h"
#include "engine/models/language_model.h"

namespace tandem {

class CausalLm : public Model {
public:
    // What a cache for this model must be; slots and batch are the caller's.
    virtual KvCacheShape cache_shape(std::int64_t batch, std::int64_t slots) const = 0;

    // ids i64 [batch, tokens] at positions cache.length() ..., which must fit into the cache; cache.starts() says which
    // of them are padding. Returns f32 logits [batch, 1 or tokens, vocab] and advances the cache. Runs without
    // autograd. May throw c10::Error: callers at the module's boundary (generation, run_job) translate once.
    virtual at::Tensor forward(const at::Tensor& ids, KvCache& cache, LogitsFor logits_for) const = 0;
};

// One whose layers keep the same numbers of keys and values, those of its shape.
class UniformCausalLm : public Loaded<CausalLm> {
public:
    using Loaded::Loaded;

    KvCacheShape cache_shape(std::int64_t batch, std::int64_t slots) const override {
        return KvCacheShape::uniform(shape().layers, batch, shape().kv_heads, slots, shape().head_dim, cache_type());
    }
};

// Of hidden states [batch, tokens, hidden] those that get logits.
inline at::Tensor wanted(const at::Tensor& hidden, LogitsFor logits_for) {
    return logits_for == LogitsFor::last ? hidden.narrow(1, hidden.size(1) - 1, 1) : hidden;
}

// load_model for a model that must be decoder-only. Errors: MODEL_KIND besides.
Result<std::shared_ptr<const CausalLm>> load_causal_lm(const ModelRef& model, const LoadOptions& options,
                                                       at::Device device, std::uint64_t seed,
                                                       const LoadListener& listener, std::stop_token stop);

}  // namespace tandem
