// What vision families take from their files under the names they share, and the steps they share.
// Thread rule: one thread at a time, while loading; what is taken is const.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/models/registry.h"
#include "engine/nn/patches.h"
#include "engine/nn/vision_block.h"

namespace tandem {

// The layers that add_tower_layers names.
std::vector<VisionBlock> take_tower_layers(const FamilyLoad& load);

// The four products that add_vit_attention names; norms and the rest are the family's.
VisionBlock take_vit_attention(Weights& weights, const std::string& name);

PatchEmbedding take_vit_patches(Weights& weights);

// hidden f32 [pictures, tokens, hidden] after the first layers, as many as `layer` says (VisionEncoder::encode).
at::Tensor run_layers(const std::vector<VisionBlock>& blocks, at::Tensor hidden, std::int64_t heads,
                      std::optional<std::int64_t> layer);

// Patches and the token before them with positions f32 [1 + patches, hidden] added: those of the grid the pixels have.
at::Tensor with_class_token(const at::Tensor& patches, const at::Tensor& token, const at::Tensor& positions);

}  // namespace tandem
