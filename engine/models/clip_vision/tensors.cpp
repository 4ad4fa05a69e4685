// What the tensors of CLIP's vision tower are called, as transformers' CLIPVisionModel (alone) and CLIPModel (under
// "vision_model.") save them.
#include "engine/models/clip_vision/config.h"
#include "engine/models/vision_names.h"

namespace tandem::clip_vision {

TensorList tensors(const ModelShape& shape) {
    const auto& own = config_of<Config>(shape);
    TensorList list;
    list.tensor("embeddings.class_embedding", "", {shape.hidden}, Part::embedding);
    list.tensor("embeddings.patch_embedding.weight", "",
                {shape.hidden, own.channels, own.patch_height, own.patch_width}, Part::embedding);
    list.tensor("embeddings.position_embedding.weight", "", {own.patches() + 1, shape.hidden}, Part::embedding);
    list.norm("pre_layrnorm", "", shape.hidden, true);
    add_tower_layers(list, shape);
    list.norm("post_layernorm", "", shape.hidden, true);
    list.prefix_alternative("", "vision_model.");
    list.ignore("text_model.");  // the other tower, which reads no pictures
    list.ignore("text_projection.");
    list.ignore("visual_projection.");  // into the space that both towers share, behind the pooled vector
    list.ignore("logit_scale");
    list.ignore("classifier.");              // the head of CLIPForImageClassification gives classes, not vectors
    list.ignore("embeddings.position_ids");  // 0, 1, 2, ...
    return list;
}

}  // namespace tandem::clip_vision
