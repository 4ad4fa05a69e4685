// What the tensors are called: as in the paper's own code, so that its checkpoints, saved as safetensors, load.
#include "engine/models/tandem_encoder_decoder/config.h"

namespace tandem::tandem_encoder_decoder {
namespace {

void list_attention(TensorList& list, const std::string& name, const ModelShape& shape) {
    const std::int64_t query = shape.heads * shape.head_dim;
    const std::int64_t key = shape.kv_heads * shape.head_dim;
    list.linear(name + ".q_linear", "", query, shape.hidden, Part::attention, true);
    list.linear(name + ".k_linear", "", key, shape.hidden, Part::attention, true);
    list.linear(name + ".v_linear", "", key, shape.hidden, Part::attention, true);
    list.linear(name + ".out_linear", "", shape.hidden, query, Part::attention, true);
}

void list_mlp(TensorList& list, const std::string& name, const ModelShape& shape) {
    list.linear(name + ".fc1", "", shape.ffn, shape.hidden, Part::mlp, true);
    list.linear(name + ".fc2", "", shape.hidden, shape.ffn, Part::mlp, true);
}

}  // namespace

TensorList tensors(const ModelShape& shape) {
    TensorList list;
    list.matrix("transformer.wte.weight", "", shape.vocab, shape.hidden, Part::embedding);
    for (std::int64_t index = 0; index < shape.encoder_layers; ++index) {
        const std::string layer = "transformer.e." + std::to_string(index) + ".";
        list.norm(layer + "ln1", "", shape.hidden);
        list_attention(list, layer + "attn", shape);
        list.norm(layer + "ln2", "", shape.hidden);
        list_mlp(list, layer + "mlp", shape);
    }
    list.norm("transformer.ln_e", "", shape.hidden);
    for (std::int64_t index = 0; index < shape.layers; ++index) {
        const std::string layer = "transformer.h." + std::to_string(index) + ".";
        list.norm(layer + "ln1", "", shape.hidden);
        list_attention(list, layer + "causal_attn", shape);
        list.norm(layer + "ln2", "", shape.hidden);
        list_attention(list, layer + "cross_attn", shape);
        list.norm(layer + "ln3", "", shape.hidden);
        list_mlp(list, layer + "mlp", shape);
    }
    list.norm("transformer.ln_f", "", shape.hidden);
    list.matrix("lm_head.weight", "", shape.vocab, shape.hidden, Part::output);
    list.derive("lm_head.weight", "transformer.wte.weight");
    list.only_decoder({"transformer.h.", "transformer.ln_f", "lm_head."});
    list.name_alternative("transformer.wte.weight", "lm_head.weight");
    return list;
}

}  // namespace tandem::tandem_encoder_decoder
