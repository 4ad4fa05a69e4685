#include "engine/models/vision_parts.h"

#include "engine/models/vision_config.h"

namespace tandem {

std::vector<VisionBlock> take_tower_layers(const FamilyLoad& load) {
    const auto& config = config_of<VisionConfig>(load.shape);
    Weights& weights = load.weights;
    std::vector<VisionBlock> blocks;
    for (std::int64_t index = 0; index < load.shape.layers; ++index) {
        const std::string name = "encoder.layers." + std::to_string(index) + ".";
        blocks.push_back({
            .attention_norm = weights.layer_norm(name + "layer_norm1", config.norm_epsilon),
            .query = weights.linear(name + "self_attn.q_proj"),
            .key = weights.linear(name + "self_attn.k_proj"),
            .value = weights.linear(name + "self_attn.v_proj"),
            .attention_output = weights.linear(name + "self_attn.out_proj"),
            .mlp_norm = weights.layer_norm(name + "layer_norm2", config.norm_epsilon),
            .mlp = Mlp{.up = weights.linear(name + "mlp.fc1"),
                       .down = weights.linear(name + "mlp.fc2"),
                       .activation = config.activation},
        });
    }
    return blocks;
}

VisionBlock take_vit_attention(Weights& weights, const std::string& name) {
    VisionBlock block;
    block.query = weights.linear(name + "attention.attention.query");
    block.key = weights.linear(name + "attention.attention.key");
    block.value = weights.linear(name + "attention.attention.value");
    block.attention_output = weights.linear(name + "attention.output.dense");
    return block;
}

PatchEmbedding take_vit_patches(Weights& weights) {
    return {.weight = weights.tensor("embeddings.patch_embeddings.projection.weight"),
            .bias = weights.tensor("embeddings.patch_embeddings.projection.bias")};
}

at::Tensor run_layers(const std::vector<VisionBlock>& blocks, at::Tensor hidden, std::int64_t heads,
                      std::optional<std::int64_t> layer) {
    const auto count = static_cast<std::int64_t>(blocks.size());
    const std::int64_t wanted = layer.value_or(count);
    const std::int64_t run = wanted < 0 ? wanted + count + 1 : wanted;
    TORCH_CHECK(run >= 0 && run <= count, "a model of ", count, " layers has no hidden states ", wanted);
    for (std::int64_t index = 0; index < run; ++index) {
        hidden = blocks[static_cast<std::size_t>(index)](hidden, heads);
    }
    return hidden;
}

at::Tensor with_class_token(const at::Tensor& patches, const at::Tensor& token, const at::Tensor& positions) {
    const at::Tensor first = token.view({1, 1, patches.size(2)}).expand({patches.size(0), 1, patches.size(2)});
    return at::cat({first, patches}, 1) + positions;
}

}  // namespace tandem
