#include "engine/models/vision_names.h"

namespace tandem {

void add_tower_layers(TensorList& list, const ModelShape& shape) {
    const std::int64_t inner = shape.heads * shape.head_dim;
    for (std::int64_t layer = 0; layer < shape.layers; ++layer) {
        const std::string name = "encoder.layers." + std::to_string(layer) + ".";
        list.norm(name + "layer_norm1", "", shape.hidden, true);
        for (const char* product : {"q_proj", "k_proj", "v_proj"}) {
            list.linear(name + "self_attn." + product, "", inner, shape.hidden, Part::attention, true);
        }
        list.linear(name + "self_attn.out_proj", "", shape.hidden, inner, Part::attention, true);
        list.norm(name + "layer_norm2", "", shape.hidden, true);
        list.linear(name + "mlp.fc1", "", shape.ffn, shape.hidden, Part::mlp, true);
        list.linear(name + "mlp.fc2", "", shape.hidden, shape.ffn, Part::mlp, true);
    }
}

void add_vit_attention(TensorList& list, const std::string& name, const ModelShape& shape, bool qkv_bias) {
    const std::int64_t inner = shape.heads * shape.head_dim;
    for (const char* product : {"query", "key", "value"}) {
        list.linear(name + "attention.attention." + product, "", inner, shape.hidden, Part::attention, qkv_bias);
    }
    list.linear(name + "attention.output.dense", "", shape.hidden, inner, Part::attention, true);
}

void add_vit_embeddings(TensorList& list, const ModelShape& shape) {
    const auto& own = config_of<VisionConfig>(shape);
    list.tensor("embeddings.cls_token", "", {1, 1, shape.hidden}, Part::embedding);
    list.tensor("embeddings.position_embeddings", "", {1, own.patches() + 1, shape.hidden}, Part::embedding);
    list.tensor("embeddings.patch_embeddings.projection.weight", "",
                {shape.hidden, own.channels, own.patch_height, own.patch_width}, Part::embedding);
    list.tensor("embeddings.patch_embeddings.projection.bias", "", {shape.hidden}, Part::embedding,
                TensorSpec::Fill::zeros);
}

}  // namespace tandem
