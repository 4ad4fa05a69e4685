// What the tensors of a ViT checkpoint are called, as transformers' ViTModel saves them.
#include "engine/models/vision_names.h"
#include "engine/models/vit/config.h"

namespace tandem::vit {

TensorList tensors(const ModelShape& shape) {
    const auto& own = config_of<Config>(shape);
    TensorList list;
    add_vit_embeddings(list, shape);
    for (std::int64_t layer = 0; layer < shape.layers; ++layer) {
        const std::string name = "encoder.layer." + std::to_string(layer) + ".";
        list.norm(name + "layernorm_before", "", shape.hidden, true);
        add_vit_attention(list, name, shape, own.qkv_bias);
        list.norm(name + "layernorm_after", "", shape.hidden, true);
        list.linear(name + "intermediate.dense", "", shape.ffn, shape.hidden, Part::mlp, true);
        list.linear(name + "output.dense", "", shape.hidden, shape.ffn, Part::mlp, true);
    }
    list.norm("layernorm", "", shape.hidden, true);
    for (const auto& [name, sizes] :
         {std::pair<const char*, std::vector<std::int64_t>>{"pooler.dense.weight", {own.pooled_size, shape.hidden}},
          {"pooler.dense.bias", {own.pooled_size}}}) {
        TensorSpec& spec = list.tensor(name, "", sizes, Part::output);
        spec.optional = true;
        spec.extra = true;
    }
    list.prefix_alternative("", "vit.");  // under a head of its own
    list.ignore("classifier.");           // the head of ViTForImageClassification gives classes, not vectors
    list.ignore("decoder.");              // that of ViTForMaskedImageModeling pixels
    // Stands in for hidden patches, in training only.
    TensorSpec& mask = list.tensor("embeddings.mask_token", "", {1, 1, shape.hidden}, Part::embedding);
    mask.optional = true;
    mask.extra = true;
    return list;
}

}  // namespace tandem::vit
