// What the tensors of a DINOv2 checkpoint are called, as transformers' Dinov2Model and Dinov2WithRegistersModel save
// them.
#include "engine/models/dinov2/config.h"
#include "engine/models/vision_names.h"

namespace tandem::dinov2 {

TensorList tensors(const ModelShape& shape) {
    const auto& own = config_of<Config>(shape);
    TensorList list;
    add_vit_embeddings(list, shape);
    if (own.registers > 0) {
        list.tensor("embeddings.register_tokens", "", {1, own.registers, shape.hidden}, Part::embedding);
    } else {
        list.ignore("embeddings.register_tokens");  // none of them
    }
    for (std::int64_t layer = 0; layer < shape.layers; ++layer) {
        const std::string name = "encoder.layer." + std::to_string(layer) + ".";
        list.norm(name + "norm1", "", shape.hidden, true);
        add_vit_attention(list, name, shape, own.qkv_bias);
        list.tensor(name + "layer_scale1.lambda1", "", {shape.hidden}, Part::attention, TensorSpec::Fill::ones);
        list.norm(name + "norm2", "", shape.hidden, true);
        if (own.gated) {
            list.linear(name + "mlp.weights_in", "", 2 * shape.ffn, shape.hidden, Part::mlp, true);
            list.linear(name + "mlp.weights_out", "", shape.hidden, shape.ffn, Part::mlp, true);
        } else {
            list.linear(name + "mlp.fc1", "", shape.ffn, shape.hidden, Part::mlp, true);
            list.linear(name + "mlp.fc2", "", shape.hidden, shape.ffn, Part::mlp, true);
        }
        list.tensor(name + "layer_scale2.lambda1", "", {shape.hidden}, Part::mlp, TensorSpec::Fill::ones);
    }
    list.norm("layernorm", "", shape.hidden, true);
    list.prefix_alternative("", "dinov2.");  // under a head of its own
    list.prefix_alternative("", "dinov2_with_registers.");
    list.ignore("classifier.");  // the head of the classifiers gives classes, not vectors
    // Stands in for hidden patches, in training only.
    TensorSpec& mask = list.tensor("embeddings.mask_token", "", {1, shape.hidden}, Part::embedding);
    mask.optional = true;
    mask.extra = true;
    return list;
}

}  // namespace tandem::dinov2
