// A loaded decoder-only language model, as generation sees it, and the registry of families. Weights are immutable
// after load and shared; run state is the KvCache. Thread rule: const after load, shared freely (torch's own intra-op
// threads are process-wide).
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/job.h"
#include "engine/api/model_facts.h"
#include "engine/api/result.h"
#include "engine/nn/kv_cache.h"

namespace tandem {

// Which positions of a forward pass get logits: the vocabulary product is the dearest part of a long prefill.
enum class LogitsFor { last, all };

class CausalLm {
public:
    virtual ~CausalLm() = default;

    virtual const ModelShape& shape() const = 0;
    // Bytes that the weights take in memory in the format they are held in; shared tensors count once.
    virtual std::int64_t weights_bytes() const = 0;
    // What a cache for this model must be; slots and batch are the caller's.
    virtual KvCacheShape cache_shape(std::int64_t batch, std::int64_t slots) const = 0;
    virtual at::Device device() const = 0;
    // Things worth knowing about the weights: "W_NONFINITE: ...", "W_DENSE: ...".
    virtual std::vector<std::string> notes() const { return {}; }

    // ids i64 [batch, tokens] at positions cache.length() ..., which must fit into the cache. Returns f32 logits
    // [batch, 1 or tokens, vocab] and advances the cache. Runs without autograd. May throw c10::Error: callers at
    // the module's boundary (generation, run_job) translate once.
    virtual at::Tensor forward(const at::Tensor& ids, KvCache& cache, LogitsFor logits_for) const = 0;
};

// Told now and then while weights are read: fraction 0..1.
using LoadListener = std::function<void(double fraction)>;

// Loads `model` (a .gguf, a folder, or random:ID with weights drawn by `seed`) in the format that `options` asks for.
// The model's sha256 is not looked at: whoever keeps models verifies them.
// Errors: the readers' own, CFG_*, MODEL_NOT_FOUND, MODEL_UNKNOWN_FAMILY, MODEL_TENSOR_MISSING, MODEL_TENSOR_SHAPE,
// MODEL_TENSOR_UNKNOWN, DTYPE_UNAVAILABLE, DEVICE_UNAVAILABLE, OUT_OF_MEMORY, CANCELLED.
Result<std::shared_ptr<const CausalLm>> load_causal_lm(const ModelRef& model, const LoadOptions& options,
                                                       at::Device device, std::uint64_t seed,
                                                       const LoadListener& listener, std::stop_token stop);

// Families that load_causal_lm knows, as in "llama": the registry's one list.
std::vector<std::string_view> causal_lm_families();

}  // namespace tandem
