// What the tensors of a T5Gemma checkpoint are called in folders as transformers' T5GemmaForConditionalGeneration saves
// them. llama.cpp has no such family.
#include "engine/models/rotary_tensors.h"
#include "engine/models/t5gemma/config.h"

namespace tandem::t5gemma {
namespace {

void list_attention(TensorList& list, const std::string& name, const StackConfig& stack, std::int64_t seen) {
    const std::int64_t query = stack.heads * stack.head_dim;
    const std::int64_t key = stack.kv_heads * stack.head_dim;
    list.linear(name + ".q_proj", "", query, stack.hidden, Part::attention, stack.attention_bias);
    list.linear(name + ".k_proj", "", key, seen, Part::attention, stack.attention_bias);
    list.linear(name + ".v_proj", "", key, seen, Part::attention, stack.attention_bias);
    list.linear(name + ".o_proj", "", stack.hidden, query, Part::attention, stack.attention_bias);
}

// Around each block a norm before and one behind, stored as weight - 1.
void list_norms(TensorList& list, const std::string& layer, const std::string& block, std::int64_t hidden) {
    list.norm(layer + "pre_" + block + "_layernorm", "", hidden, false, 1);
    list.norm(layer + "post_" + block + "_layernorm", "", hidden, false, 1);
}

void list_stack(TensorList& list, const std::string& name, const StackConfig& stack, const StackConfig* encoder) {
    list.matrix(name + "embed_tokens.weight", "", stack.vocab, stack.hidden, Part::embedding);
    for (std::int64_t index = 0; index < stack.layers; ++index) {
        const std::string layer = name + "layers." + std::to_string(index) + ".";
        list_attention(list, layer + "self_attn", stack, stack.hidden);
        list_norms(list, layer, "self_attn", stack.hidden);
        if (encoder != nullptr) {
            list_attention(list, layer + "cross_attn", stack, encoder->hidden);
            list_norms(list, layer, "cross_attn", stack.hidden);
        }
        list.linear(layer + "mlp.gate_proj", "", stack.ffn, stack.hidden, Part::mlp);
        list.linear(layer + "mlp.up_proj", "", stack.ffn, stack.hidden, Part::mlp);
        list.linear(layer + "mlp.down_proj", "", stack.hidden, stack.ffn, Part::mlp);
        list_norms(list, layer, "feedforward", stack.hidden);
    }
    list.norm(name + "norm", "", stack.hidden, false, 1);
}

}  // namespace

TensorList tensors(const ModelShape& shape) {
    const auto& own = config_of<Config>(shape);
    TensorList list;
    list_stack(list, "model.encoder.", own.encoder, nullptr);
    list_stack(list, "model.decoder.", own.decoder, &own.encoder);
    list.matrix("lm_head.out_proj.weight", "", shape.vocab, shape.hidden, Part::output);
    if (shape.tied_embeddings) {
        list.derive("lm_head.out_proj.weight", "model.decoder.embed_tokens.weight");
    }
    list.only_decoder({"model.decoder.", "lm_head."});
    list.prefix_alternative("model.", "");
    ignore_rotary_buffers(list);
    return list;
}

}  // namespace tandem::t5gemma
