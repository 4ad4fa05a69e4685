// Static KV cache: keys and values of past positions, allocated once, written in place, and what recurrent layers keep
// instead. The cache is run state and belongs to one generation; weights are elsewhere.
// Thread rule: one thread at a time.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "engine/api/result.h"

namespace tandem {

// What one layer keeps for each sequence. A layer without attention has kv_heads 0.
struct KvLayer {
    std::int64_t kv_heads = 0;
    std::int64_t key_dim = 0;
    std::int64_t value_dim = 0;
    std::vector<std::vector<std::int64_t>> states = {};  // shapes [...] of f32 tensors [batch, ...], zero at first
};

struct KvCacheShape {
    std::vector<KvLayer> layers;
    std::int64_t batch = 1;
    std::int64_t slots = 0;  // most positions it can hold
    at::ScalarType dtype = at::kFloat;

    // Layers that are all the same.
    static KvCacheShape uniform(std::int64_t layers, std::int64_t batch, std::int64_t kv_heads, std::int64_t slots,
                                std::int64_t head_dim, at::ScalarType dtype = at::kFloat);
    // keys, values and states of all layers
    std::int64_t bytes() const;
};

class KvCache {
public:
    // Errors: OUT_OF_MEMORY, with the bytes that were needed.
    static Result<KvCache> create(const KvCacheShape& shape, at::Device device);
    // One that takes a single pass and keeps nothing of it: append() gives back what it is given, in the cache's type
    // and with its gradients. For training; recurrent states, which are written in place, are not in it.
    static KvCache for_one_pass(const KvCacheShape& shape, at::Device device);

    const KvCacheShape& shape() const { return shape_; }
    std::int64_t length() const { return length_; }  // positions filled, padding included

    // Rows of a batch that are padded on the left: i64 [batch], how many positions of each row are padding. Set on an
    // empty cache; holds until clear().
    void set_starts(const at::Tensor& starts);
    const at::Tensor& starts() const { return starts_; }  // undefined: no row is padded
    // i64 [1 or batch, tokens]: the positions of the next tokens as their rows count them, padding at 0.
    at::Tensor positions(std::int64_t tokens) const;

    // Padding that a model knows by its id: `there` bool [batch, tokens] says which of the next tokens are none.
    // Returns bool [batch, length + tokens] with those before; undefined while there was no padding.
    at::Tensor mark(const at::Tensor& there);
    // How many positions come before the first token is asked for. Scalings that go by the length of a prompt need it
    // where the prompt comes in parts; without it the first pass is taken to be the prompt. Holds until clear().
    void expect(std::int64_t positions) { prompt_ = positions; }
    // Tokens that come in one pass behind the prompt count as if they came one by one: scalings that go by the length
    // of the text take that of each. Holds until clear().
    void count_each() { counts_each_ = true; }
    bool counts_each() const { return counts_each_; }
    // The prompt's positions; before the first pass of `tokens` without expect(), these. For what is computed by them:
    // keys and values of a family that asks are those of prompts of that length alone.
    std::int64_t prompt(std::int64_t tokens) const {
        depends_on_prompt_ = true;
        return prompt_or(tokens);
    }
    // Since clear(), whether a pass asked for the length of its prompt.
    bool depends_on_prompt() const { return depends_on_prompt_; }
    // As expect() was told or the first pass was taken to be; 0: not known yet.
    std::int64_t expected() const { return prompt_; }

    // Writes keys and values [batch, kv_heads, tokens, head_dim] of one layer behind the filled positions and returns
    // that layer's filled part with them, [batch, kv_heads, length + tokens, head_dim] each. length() moves only with
    // advance(), once every layer has been written.
    std::pair<at::Tensor, at::Tensor> append(std::int64_t layer, const at::Tensor& keys, const at::Tensor& values);
    void advance(std::int64_t tokens);
    // The layer's state, to be read and written in place.
    at::Tensor& state(std::int64_t layer, std::size_t index);
    void clear();
    // True where a shared prefix can be kept: a recurrent state cannot be taken back.
    bool can_truncate() const { return states_.empty(); }
    // Forgets all but the first `length` positions; only where can_truncate().
    void truncate(std::int64_t length);

private:
    std::int64_t prompt_or(std::int64_t tokens) const { return prompt_ > 0 ? prompt_ : tokens; }

    KvCacheShape shape_;
    at::Device device_ = at::kCPU;
    std::vector<at::Tensor> keys_;          // per layer [batch, kv_heads, slots, key_dim]
    std::vector<at::Tensor> values_;        // the same with value_dim
    std::vector<at::Tensor> states_;        // in the order of layers
    std::vector<std::size_t> first_state_;  // per layer, into states_
    at::Tensor starts_;
    at::Tensor there_;  // bool [batch, slots]; undefined while mark() was told of no padding
    std::int64_t length_ = 0;
    std::int64_t prompt_ = 0;  // 0: not known yet
    bool counts_each_ = false;
    bool keeps_ = true;
    mutable bool depends_on_prompt_ = false;
};

}  // namespace tandem
