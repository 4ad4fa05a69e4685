// What the tensors of a RecurrentGemma checkpoint are called in folders, as transformers saves them; llama.cpp does not
// know the family. The norms' weights are stored less 1.
#include "engine/models/recurrent_gemma/config.h"
#include "engine/models/rotary_tensors.h"

namespace tandem::recurrent_gemma {
namespace {

void add_recurrence(TensorList& list, const std::string& name, const ModelShape& shape) {
    const auto& own = config_of<Config>(shape);
    const std::int64_t width = own.recurrence;
    const std::int64_t block = width / shape.heads;
    list.linear(name + "linear_y", "", width, shape.hidden, Part::attention, true);
    list.linear(name + "linear_x", "", width, shape.hidden, Part::attention, true);
    list.linear(name + "linear_out", "", shape.hidden, width, Part::attention, true);
    list.tensor(name + "conv_1d.weight", "", {width, 1, own.convolution}, Part::attention);
    list.tensor(name + "conv_1d.bias", "", {width}, Part::attention, TensorSpec::Fill::zeros);
    list.tensor(name + "rg_lru.recurrent_param", "", {width}, Part::attention);
    for (const char* gate : {"rg_lru.input_gate_", "rg_lru.recurrent_gate_"}) {
        list.tensor(name + gate + "weight", "", {shape.heads, block, block}, Part::attention);
        list.tensor(name + gate + "bias", "", {shape.heads, block}, Part::attention, TensorSpec::Fill::zeros);
    }
}

}  // namespace

TensorList tensors(const ModelShape& shape) {
    const auto& own = config_of<Config>(shape);
    constexpr double added = 1;
    TensorList list;
    list.matrix("model.embed_tokens.weight", "", shape.vocab, shape.hidden, Part::embedding);
    for (std::size_t index = 0; index < own.is_recurrent.size(); ++index) {
        const LayerNames layer{.name = "model.layers." + std::to_string(index) + ".", .gguf = ""};
        list.norm(layer.name + "temporal_pre_norm", "", shape.hidden, false, added);
        if (own.is_recurrent[index]) {
            add_recurrence(list, layer.name + "temporal_block.", shape);
        } else {
            add_attention(list, layer, shape,
                          {.bias = own.attention_bias, .output_bias = true, .block = "temporal_block."});
        }
        list.norm(layer.name + "channel_pre_norm", "", shape.hidden, false, added);
        list.gated_mlp(layer.name + "mlp_block.", "", shape.ffn, shape.hidden, true);
    }
    list.norm("model.final_norm", "", shape.hidden, false, added);
    list.output("lm_head", "", shape.vocab, shape.hidden, shape.tied_embeddings);
    list.prefix_alternative("model.", "");  // saved as the model without its head
    ignore_rotary_buffers(list);
    list.ignore("model.normalizer");
    return list;
}

}  // namespace tandem::recurrent_gemma
