#include <c10/core/GradMode.h>

#include "engine/models/siglip_vision/config.h"
#include "engine/models/vision_encoder.h"
#include "engine/models/vision_parts.h"
#include "engine/nn/attention.h"

namespace tandem::siglip_vision {
namespace {

// One learned query attends to all patches; what it finds goes through a feed-forward block.
struct PoolingHead {
    at::Tensor probe;  // [1, 1, hidden]
    Linear qkv;        // [3 * hidden, hidden]
    Linear output;     // [hidden, hidden]
    LayerNorm norm;
    Mlp mlp;

    // x f32 [pictures, patches, hidden] to [pictures, hidden]
    at::Tensor operator()(const at::Tensor& x, std::int64_t heads) const {
        const std::int64_t hidden = x.size(2);
        const at::Tensor query = qkv(probe).narrow(2, 0, hidden).expand({x.size(0), 1, hidden});
        const at::Tensor projected = qkv(x);
        const at::Tensor keys = projected.narrow(2, hidden, hidden);
        const at::Tensor values = projected.narrow(2, 2 * hidden, hidden);
        const at::Tensor found = output(attend(split_heads(query.contiguous(), heads), split_heads(keys, heads),
                                               split_heads(values, heads), {.causal = false}));
        return (found + mlp(norm(found))).select(1, 0);
    }
};

struct Parts {
    PatchEmbedding patches;
    at::Tensor positions;  // [patches, hidden]
    std::vector<VisionBlock> layers;
    LayerNorm final_norm;
    std::optional<PoolingHead> head;
};

class SiglipVision : public Loaded<VisionEncoder> {
public:
    SiglipVision(ModelBasics basics, Parts parts) : Loaded(std::move(basics)), parts_(std::move(parts)) {}

    EncodedPictures encode(const at::Tensor& pixels, std::optional<std::int64_t> layer) const override {
        const c10::NoGradGuard no_autograd;
        at::Tensor hidden = parts_.patches(pixels.to(device())) + parts_.positions;  // [pictures, patches, hidden]
        hidden = run_layers(parts_.layers, hidden, shape().heads, layer);
        if (layer) {
            return {.hidden = hidden, .pooled = {}};
        }
        hidden = parts_.final_norm(hidden);
        return {.hidden = hidden, .pooled = parts_.head ? (*parts_.head)(hidden, shape().heads) : at::Tensor()};
    }

private:
    Parts parts_;
};

}  // namespace

Result<std::shared_ptr<const Model>> load(const FamilyLoad& load) {
    const auto& config = config_of<Config>(load.shape);
    Weights& weights = load.weights;
    Parts parts;
    parts.patches = {.weight = weights.tensor("embeddings.patch_embedding.weight"),
                     .bias = weights.tensor("embeddings.patch_embedding.bias")};
    parts.positions = weights.tensor("embeddings.position_embedding.weight");
    parts.layers = take_tower_layers(load);
    parts.final_norm = weights.layer_norm("post_layernorm", config.norm_epsilon);
    if (config.pooled) {
        parts.head = PoolingHead{
            .probe = weights.tensor("head.probe"),
            .qkv = {weights.matrix("head.attention.in_proj_weight"), weights.tensor("head.attention.in_proj_bias")},
            .output = weights.linear("head.attention.out_proj"),
            .norm = weights.layer_norm("head.layernorm", config.norm_epsilon),
            .mlp = {.up = weights.linear("head.mlp.fc1"),
                    .down = weights.linear("head.mlp.fc2"),
                    .activation = config.activation}};
    }
    return load.finish<SiglipVision>(std::move(parts));
}

}  // namespace tandem::siglip_vision
