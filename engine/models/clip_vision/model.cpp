#include <c10/core/GradMode.h>

#include "engine/models/clip_vision/config.h"
#include "engine/models/vision_encoder.h"
#include "engine/models/vision_parts.h"

namespace tandem::clip_vision {
namespace {

struct Parts {
    PatchEmbedding patches;
    at::Tensor class_token;  // [hidden]
    at::Tensor positions;    // [1 + patches, hidden]
    LayerNorm first_norm;
    std::vector<VisionBlock> layers;
    LayerNorm pooled_norm;
};

class ClipVision : public Loaded<VisionEncoder> {
public:
    ClipVision(ModelBasics basics, Parts parts) : Loaded(std::move(basics)), parts_(std::move(parts)) {}

    EncodedPictures encode(const at::Tensor& pixels, std::optional<std::int64_t> layer) const override {
        const c10::NoGradGuard no_autograd;
        const at::Tensor patches = parts_.patches(pixels.to(device()));  // [pictures, patches, hidden]
        at::Tensor hidden = parts_.first_norm(with_class_token(patches, parts_.class_token, parts_.positions));
        hidden = run_layers(parts_.layers, hidden, shape().heads, layer);
        if (layer) {
            return {.hidden = hidden, .pooled = {}};
        }
        return {.hidden = hidden, .pooled = parts_.pooled_norm(hidden.select(1, 0))};
    }

private:
    Parts parts_;
};

}  // namespace

Result<std::shared_ptr<const Model>> load(const FamilyLoad& load) {
    const auto& config = config_of<Config>(load.shape);
    Weights& weights = load.weights;
    Parts parts;
    parts.patches.weight = weights.tensor("embeddings.patch_embedding.weight");
    parts.class_token = weights.tensor("embeddings.class_embedding");
    parts.positions = weights.tensor("embeddings.position_embedding.weight");
    parts.first_norm = weights.layer_norm("pre_layrnorm", config.norm_epsilon);
    parts.layers = take_tower_layers(load);
    parts.pooled_norm = weights.layer_norm("post_layernorm", config.norm_epsilon);
    return load.finish<ClipVision>(std::move(parts));
}

}  // namespace tandem::clip_vision
