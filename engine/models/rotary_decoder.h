// The decoder that Llama (Touvron et al. 2023) and its kin share: x + attention(norm(x)), then x + mlp(norm(x)), with
// rotated queries and keys, RMS norms and gated feed-forward blocks. What a family adds is a switch here.
// Thread rule: const after load, shared freely.
#pragma once

#include <string>
#include <vector>

#include "engine/models/causal_lm.h"
#include "engine/models/registry.h"
#include "engine/nn/mlp.h"
#include "engine/nn/rotary_attention.h"

namespace tandem {

struct RotaryLayer {
    RmsNorm attention_norm;
    RotaryAttention attention;
    RmsNorm mlp_norm;
    GatedMlp mlp;
    bool rotates = true;  // false: no positions in this layer (SmolLM3)
};

struct RotaryParts {
    WeightMatrix embedding;  // [vocab, hidden]
    std::vector<RotaryLayer> layers;
    RmsNorm final_norm;
    Linear output;  // [vocab, hidden]; shares the embedding's numbers where the model ties them
    RopeSettings rope;
    double embedding_scale = 1;  // of embedded tokens (MiniCPM)
    double residual_scale = 1;   // of what attention and mlp add
    double output_scale = 1;     // of the last norm's result
};

class RotaryDecoder : public Loaded<CausalLm> {
public:
    RotaryDecoder(ModelBasics basics, RotaryParts parts);

    KvCacheShape cache_shape(std::int64_t batch, std::int64_t slots) const override;
    at::Tensor embed(const at::Tensor& ids) const override;
    at::Tensor through(LayerRange range, at::Tensor hidden, KvCache& cache) const override;
    at::Tensor finish(const at::Tensor& hidden) const override;
    at::Tensor logits(const at::Tensor& finished) const override;

protected:
    // Of queries and of keys at the next positions of a cache.
    struct Rotations {
        Rotation query;
        Rotation key;
    };
    virtual Rotations rotations(const KvCache& cache, std::int64_t tokens) const;
    const RopeSettings& rope_settings() const { return rope_.settings(); }

private:
    RotaryParts parts_;
    Rope rope_;
};

// q_proj, k_proj, v_proj, o_proj and, where the list has them, q_norm and k_norm of "model.layers.3.self_attn.", with
// the shape's heads.
RotaryAttention take_attention(const FamilyLoad& load, const std::string& block, double epsilon);
// The same from one matrix of queries, keys and values, in that order, and from one of gate and up. Absent matrices (a
// fault that is already kept) give empty ones.
RotaryAttention take_fused_attention(Weights& weights, const std::string& fused, const std::string& output,
                                     std::int64_t heads, std::int64_t kv_heads);
GatedMlp take_fused_mlp(Weights& weights, const std::string& fused, const std::string& down, Activation activation);
// Layer `index` by Llama's names: its norms and the two above.
RotaryLayer take_layer(const FamilyLoad& load, std::int64_t index, double epsilon, Activation activation,
                       std::int64_t window = 0);
// The same for a family that finds the feed-forward block elsewhere.
RotaryLayer take_layer_without_mlp(const FamilyLoad& load, std::int64_t index, double epsilon, std::int64_t window = 0);
// Embedding, final norm and output by Llama's names; layers are the family's own.
RotaryParts take_ends(const FamilyLoad& load, double epsilon, const RopeSettings& rope);

}  // namespace tandem
