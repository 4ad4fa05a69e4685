// What a loaded model is, whatever its kind. Weights are immutable after load and shared; run state is elsewhere.
// Thread rule: const after load, shared freely (torch's own intra-op threads are process-wide).
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/api/model_facts.h"
#include "engine/nn/kv_cache.h"

namespace tandem {

class Model {
public:
    virtual ~Model() = default;

    virtual const ModelShape& shape() const = 0;
    // Bytes that the weights take in memory in the format they are held in; shared tensors count once.
    virtual std::int64_t weights_bytes() const = 0;
    virtual at::Device device() const = 0;
    // Things worth knowing about the weights: "W_NONFINITE: ...", "W_DENSE: ...".
    virtual std::vector<std::string> notes() const { return {}; }
};

// Which positions of a forward pass get logits: the vocabulary product is the dearest part of a long prefill.
enum class LogitsFor { last, all };

// Of hidden states [batch, tokens, hidden] those that get logits.
inline at::Tensor wanted(const at::Tensor& hidden, LogitsFor logits_for) {
    return logits_for == LogitsFor::last ? hidden.narrow(1, hidden.size(1) - 1, 1) : hidden;
}

// Told now and then while weights are read: fraction 0..1.
using LoadListener = std::function<void(double fraction)>;

// What every family keeps for the calls of Model.
struct ModelBasics {
    ModelShape shape;
    std::int64_t weights_bytes = 0;
    at::ScalarType cache_type = at::kFloat;  // of keys and values
    at::Device device = at::kCPU;
    std::vector<std::string> notes;
};

// The calls of Model for a family's class: `class Llama : public Loaded<CausalLm>`.
template <class Interface>
class Loaded : public Interface {
public:
    explicit Loaded(ModelBasics basics) : basics_(std::move(basics)) {}

    const ModelShape& shape() const override { return basics_.shape; }
    std::int64_t weights_bytes() const override { return basics_.weights_bytes; }
    at::Device device() const override { return basics_.device; }
    std::vector<std::string> notes() const override { return basics_.notes; }

protected:
    at::ScalarType cache_type() const { return basics_.cache_type; }

private:
    ModelBasics basics_;
};

}  // namespace tandem
