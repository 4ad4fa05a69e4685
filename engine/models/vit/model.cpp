#include <c10/core/GradMode.h>

#include "engine/models/vision_encoder.h"
#include "engine/models/vision_parts.h"
#include "engine/models/vit/config.h"

namespace tandem::vit {
namespace {

struct Parts {
    PatchEmbedding patches;
    at::Tensor class_token;  // [1, 1, hidden]
    at::Tensor positions;    // [1 + patches, hidden]
    std::vector<VisionBlock> layers;
    LayerNorm final_norm;
    std::optional<Linear> pooler;  // [pooled size, hidden]
};

class Vit : public Loaded<VisionEncoder> {
public:
    Vit(ModelBasics basics, Parts parts) : Loaded(std::move(basics)), parts_(std::move(parts)) {}

    EncodedPictures encode(const at::Tensor& pixels, std::optional<std::int64_t> layer) const override {
        const c10::NoGradGuard no_autograd;
        const at::Tensor patches = parts_.patches(pixels.to(device()));  // [pictures, patches, hidden]
        at::Tensor hidden = with_class_token(patches, parts_.class_token, parts_.positions);
        hidden = run_layers(parts_.layers, hidden, shape().heads, layer);
        if (layer) {
            return {.hidden = hidden, .pooled = {}};
        }
        hidden = parts_.final_norm(hidden);
        at::Tensor pooled;
        if (parts_.pooler) {
            const Activation activation = config_of<Config>(shape()).pooled_activation;
            pooled = activate(activation, (*parts_.pooler)(hidden.select(1, 0)));
        }
        return {.hidden = hidden, .pooled = pooled};
    }

private:
    Parts parts_;
};

}  // namespace

Result<std::shared_ptr<const Model>> load(const FamilyLoad& load) {
    const auto& config = config_of<Config>(load.shape);
    Weights& weights = load.weights;
    Parts parts;
    parts.patches = take_vit_patches(weights);
    parts.class_token = weights.tensor("embeddings.cls_token");
    parts.positions = weights.tensor("embeddings.position_embeddings");
    for (std::int64_t index = 0; index < load.shape.layers; ++index) {
        const std::string name = "encoder.layer." + std::to_string(index) + ".";
        VisionBlock block = take_vit_attention(weights, name);
        block.attention_norm = weights.layer_norm(name + "layernorm_before", config.norm_epsilon);
        block.mlp_norm = weights.layer_norm(name + "layernorm_after", config.norm_epsilon);
        block.mlp = Mlp{.up = weights.linear(name + "intermediate.dense"),
                        .down = weights.linear(name + "output.dense"),
                        .activation = config.activation};
        parts.layers.push_back(std::move(block));
    }
    parts.final_norm = weights.layer_norm("layernorm", config.norm_epsilon);
    if (weights.has("pooler.dense.weight")) {
        parts.pooler = Linear{weights.matrix("pooler.dense.weight"), weights.tensor("pooler.dense.bias")};
    }
    return load.finish<Vit>(std::move(parts));
}

}  // namespace tandem::vit
