// What the tensors of SigLIP's vision tower are called, as transformers' SiglipVisionModel (alone) and SiglipModel
// (under "vision_model.") save them.
#include "engine/models/siglip_vision/config.h"
#include "engine/models/vision_names.h"

namespace tandem::siglip_vision {

TensorList tensors(const ModelShape& shape) {
    const auto& own = config_of<Config>(shape);
    const std::int64_t hidden = shape.hidden;
    TensorList list;
    list.tensor("embeddings.patch_embedding.weight", "", {hidden, own.channels, own.patch_height, own.patch_width},
                Part::embedding);
    list.tensor("embeddings.patch_embedding.bias", "", {hidden}, Part::embedding, TensorSpec::Fill::zeros);
    list.tensor("embeddings.position_embedding.weight", "", {own.patches(), hidden}, Part::embedding);
    add_tower_layers(list, shape);
    list.norm("post_layernorm", "", hidden, true);
    if (own.pooled) {
        list.tensor("head.probe", "", {1, 1, hidden}, Part::output);
        list.matrix("head.attention.in_proj_weight", "", 3 * hidden, hidden, Part::output);
        list.tensor("head.attention.in_proj_bias", "", {3 * hidden}, Part::output, TensorSpec::Fill::zeros);
        list.linear("head.attention.out_proj", "", hidden, hidden, Part::output, true);
        list.norm("head.layernorm", "", hidden, true);
        list.linear("head.mlp.fc1", "", shape.ffn, hidden, Part::output, true);
        list.linear("head.mlp.fc2", "", hidden, shape.ffn, Part::output, true);
    }
    list.prefix_alternative("", "vision_model.");
    list.ignore("text_model.");  // the other tower, which reads no pictures
    list.ignore("logit_scale");
    list.ignore("logit_bias");
    list.ignore("classifier.");              // the head of SiglipForImageClassification gives classes, not vectors
    list.ignore("embeddings.position_ids");  // 0, 1, 2, ...
    return list;
}

}  // namespace tandem::siglip_vision
