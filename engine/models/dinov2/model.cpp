#include <c10/core/GradMode.h>

#include "engine/models/dinov2/config.h"
#include "engine/models/vision_encoder.h"
#include "engine/models/vision_parts.h"

namespace tandem::dinov2 {
namespace {

struct Parts {
    PatchEmbedding patches;
    at::Tensor class_token;  // [1, 1, hidden]
    at::Tensor registers;    // [1, registers, hidden]; undefined: none
    at::Tensor positions;    // [1, 1 + patches, hidden]
    std::vector<VisionBlock> layers;
    LayerNorm final_norm;
};

class Dinov2 : public Loaded<VisionEncoder> {
public:
    Dinov2(ModelBasics basics, Parts parts) : Loaded(std::move(basics)), parts_(std::move(parts)) {}

    EncodedPictures encode(const at::Tensor& pixels, std::optional<std::int64_t> layer) const override {
        const c10::NoGradGuard no_autograd;
        const at::Tensor patches = parts_.patches(pixels.to(device()));  // [pictures, patches, hidden]
        at::Tensor hidden =
            with_class_token(patches, parts_.class_token, positions_for(pixels.size(2), pixels.size(3)));
        if (parts_.registers.defined()) {
            const at::Tensor registers = parts_.registers.expand({pixels.size(0), -1, -1});
            hidden = at::cat({hidden.narrow(1, 0, 1), registers, hidden.narrow(1, 1, patches.size(1))}, 1);
        }
        hidden = run_layers(parts_.layers, hidden, shape().heads, layer);
        if (layer) {
            return {.hidden = hidden, .pooled = {}};
        }
        hidden = parts_.final_norm(hidden);
        return {.hidden = hidden, .pooled = hidden.select(1, 0)};
    }

private:
    // [1 + patches, hidden] for a picture of that size. As in the reference, only squares have the trained positions
    // untouched.
    at::Tensor positions_for(std::int64_t height, std::int64_t width) const {
        const auto& config = config_of<Config>(shape());
        const at::Tensor positions = parts_.positions.squeeze(0);
        const std::int64_t rows = height / config.patch_height;
        const std::int64_t columns = width / config.patch_width;
        if (rows * columns == config.patches() && height == width) {
            return positions;
        }
        const at::Tensor stretched =
            stretch_positions(positions.narrow(0, 1, config.patches()), rows, columns, config.antialias);
        return at::cat({positions.narrow(0, 0, 1), stretched});
    }

    Parts parts_;
};

}  // namespace

Result<std::shared_ptr<const Model>> load(const FamilyLoad& load) {
    const auto& config = config_of<Config>(load.shape);
    Weights& weights = load.weights;
    Parts parts;
    parts.patches = take_vit_patches(weights);
    parts.class_token = weights.tensor("embeddings.cls_token");
    if (config.registers > 0) {
        parts.registers = weights.tensor("embeddings.register_tokens");
    }
    parts.positions = weights.tensor("embeddings.position_embeddings");
    for (std::int64_t index = 0; index < load.shape.layers; ++index) {
        const std::string name = "encoder.layer." + std::to_string(index) + ".";
        VisionBlock block = take_vit_attention(weights, name);
        block.attention_norm = weights.layer_norm(name + "norm1", config.norm_epsilon);
        block.attention_scale = weights.tensor(name + "layer_scale1.lambda1");
        block.mlp_norm = weights.layer_norm(name + "norm2", config.norm_epsilon);
        if (config.gated) {
            block.mlp = PackedGatedMlp{.gate_and_up = weights.linear(name + "mlp.weights_in"),
                                       .down = weights.linear(name + "mlp.weights_out")};
        } else {
            block.mlp = Mlp{.up = weights.linear(name + "mlp.fc1"),
                            .down = weights.linear(name + "mlp.fc2"),
                            .activation = config.activation};
        }
        block.mlp_scale = weights.tensor(name + "layer_scale2.lambda1");
        parts.layers.push_back(std::move(block));
    }
    parts.final_norm = weights.layer_norm("layernorm", config.norm_epsilon);
    return load.finish<Dinov2>(std::move(parts));
}

}  // namespace tandem::dinov2
