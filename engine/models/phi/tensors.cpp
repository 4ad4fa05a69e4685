// What the tensors of a Phi checkpoint are called: folders as transformers' PhiForCausalLM saves them, or microsoft's
// own code before it, GGUF as llama.cpp's converter writes it.
#include "engine/models/phi/config.h"
#include "engine/models/rotary_tensors.h"

namespace tandem::phi {
namespace {

void phi_msft_names(TensorList& list, std::int64_t layers) {
    list.prefix_alternative("model.embed_tokens.", "transformer.embd.wte.");
    for (std::int64_t layer = 0; layer < layers; ++layer) {
        const std::string usual = "model.layers." + std::to_string(layer) + ".";
        const std::string name = "transformer.h." + std::to_string(layer) + ".";
        list.prefix_alternative(usual + "input_layernorm.", name + "ln.");
        list.prefix_alternative(usual + "self_attn.query_key_value.", name + "mixer.Wqkv.");
        list.prefix_alternative(usual + "self_attn.dense.", name + "mixer.out_proj.");
        list.prefix_alternative(usual + "mlp.", name + "mlp.");
    }
    list.prefix_alternative("model.final_layernorm.", "lm_head.ln.");
    list.prefix_alternative("lm_head.", "lm_head.linear.");
}

// One sequence: the embedding is layer 0, the output the last.
void mixformer_names(TensorList& list, std::int64_t layers) {
    list.prefix_alternative("model.embed_tokens.", "layers.0.wte.");
    for (std::int64_t layer = 0; layer < layers; ++layer) {
        const std::string usual = "model.layers." + std::to_string(layer) + ".";
        const std::string name = "layers." + std::to_string(layer + 1) + ".";
        list.prefix_alternative(usual + "input_layernorm.", name + "ln.");
        list.prefix_alternative(usual + "self_attn.query_key_value.", name + "mixer.Wqkv.");
        list.prefix_alternative(usual + "self_attn.dense.", name + "mixer.out_proj.");
        list.prefix_alternative(usual + "mlp.", name + "mlp.");
    }
    const std::string last = "layers." + std::to_string(layers + 1) + ".";
    list.prefix_alternative("model.final_layernorm.", last + "ln.");
    list.prefix_alternative("lm_head.", last + "linear.");
}

}  // namespace

TensorList tensors(const ModelShape& shape) {
    const auto& own = config_of<Config>(shape);
    const std::int64_t hidden = shape.hidden;
    const std::int64_t query = shape.heads * shape.head_dim;
    const std::int64_t key = shape.kv_heads * shape.head_dim;

    TensorList list;
    list.matrix("model.embed_tokens.weight", "token_embd.weight", shape.vocab, hidden, Part::embedding);
    for (std::int64_t layer = 0; layer < shape.layers; ++layer) {
        const std::string name = "model.layers." + std::to_string(layer) + ".";
        const std::string gguf = "blk." + std::to_string(layer) + ".";
        list.norm(name + "input_layernorm", gguf + "attn_norm", hidden, true);
        if (own.fused_qkv) {
            list.linear(name + "self_attn.query_key_value", gguf + "attn_qkv", query + 2 * key, hidden, Part::attention,
                        true);
        } else {
            list.projections(name + "self_attn.", gguf, query, key, hidden, {.bias = true});
        }
        if (own.qk_norm) {  // llama.cpp has no names for them
            list.norm(name + "self_attn.q_layernorm", "", shape.head_dim, true);
            list.norm(name + "self_attn.k_layernorm", "", shape.head_dim, true);
        }
        list.linear(name + "self_attn.dense", gguf + "attn_output", hidden, query, Part::attention, true);
        list.linear(name + "mlp.fc1", gguf + "ffn_up", shape.ffn, hidden, Part::mlp, true);
        list.linear(name + "mlp.fc2", gguf + "ffn_down", hidden, shape.ffn, Part::mlp, true);
    }
    list.norm("model.final_layernorm", "output_norm", hidden, true);
    list.output("lm_head", "output", shape.vocab, hidden, shape.tied_embeddings);
    list.tensor("lm_head.bias", "output.bias", {shape.vocab}, Part::output, TensorSpec::Fill::zeros);
    if (own.layout == Layout::phi_msft) {
        phi_msft_names(list, shape.layers);
    } else if (own.layout == Layout::mixformer) {
        mixformer_names(list, shape.layers);
    } else {
        list.prefix_alternative("model.", "");  // saved as the model without its head
    }
    ignore_rotary_buffers(list);
    return list;
}

}  // namespace tandem::phi
