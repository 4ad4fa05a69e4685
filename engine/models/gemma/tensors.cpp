// What the tensors of a Gemma checkpoint are called: folders as transformers saves them, alone or within the model that
// also sees pictures, GGUF as llama.cpp's converter writes it. Folders store the norms' weights less 1.
#include "engine/models/gemma/config.h"
#include "engine/models/rotary_tensors.h"

namespace tandem::gemma {

TensorList tensors(const ModelShape& shape) {
    const auto& own = config_of<Config>(shape);
    constexpr double added = 1;
    TensorList list;
    add_ends(list, shape, added);
    const auto norm = [&](const std::string& name, const std::string& gguf) {
        list.norm(name, gguf, shape.hidden, false, added);
    };
    for (std::int64_t index = 0; index < shape.layers; ++index) {
        const LayerNames layer = LayerNames::of(index);
        norm(layer.name + "input_layernorm", layer.gguf + "attn_norm");
        add_attention(list, layer, shape,
                      {.bias = own.attention_bias,
                       .output_bias = own.attention_bias,
                       .head_norms = own.head_norms,
                       .norm_added = added});
        if (own.post_norms) {
            norm(layer.name + "post_attention_layernorm", layer.gguf + "post_attention_norm");
            norm(layer.name + "pre_feedforward_layernorm", layer.gguf + "ffn_norm");
            norm(layer.name + "post_feedforward_layernorm", layer.gguf + "post_ffw_norm");
        } else {
            norm(layer.name + "post_attention_layernorm", layer.gguf + "ffn_norm");
        }
        list.gated_mlp(layer.name + "mlp.", layer.gguf, shape.ffn, shape.hidden);
    }
    ignore_rotary_buffers(list);
    if (own.with_pictures) {
        list.prefix_alternative("model.", "language_model.model.");
        list.prefix_alternative("model.", "model.language_model.");
        list.prefix_alternative("lm_head.", "language_model.lm_head.");
        list.ignore("vision_tower.");
        list.ignore("multi_modal_projector.");
    }
    return list;
}

}  // namespace tandem::gemma
