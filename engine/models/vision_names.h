// Names that vision families share: the layers of CLIP's and SigLIP's towers, the attention of ViT's and DINOv2's. No
// torch. Thread rule: stateless.
#pragma once

#include <string>

#include "engine/models/vision_config.h"

namespace tandem {

// "encoder.layers.N." with self_attn, layer_norm1, mlp and layer_norm2.
void add_tower_layers(TensorList& list, const ModelShape& shape);

// `name` is "encoder.layer.N."; query, key and value have a bias where asked.
void add_vit_attention(TensorList& list, const std::string& name, const ModelShape& shape, bool qkv_bias);

// "embeddings." with cls_token, position_embeddings and patch_embeddings.projection.
void add_vit_embeddings(TensorList& list, const ModelShape& shape);

}  // namespace tandem
