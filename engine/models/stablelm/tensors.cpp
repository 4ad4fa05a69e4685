// What the tensors of a StableLM checkpoint are called: folders as transformers' StableLmForCausalLM saves them, GGUF
// as llama.cpp's converter writes it.
#include "engine/models/stablelm/config.h"
#include "engine/models/rotary_tensors.h"

namespace tandem::stablelm {
namespace {

// A folder has a tensor [head_dim] for each head, a GGUF one [heads, head_dim].
void head_norms(TensorList& list, const std::string& name, const std::string& gguf, std::int64_t heads,
                const ModelShape& shape) {
    if (config_of<Config>(shape).stacked_norms) {
        list.tensor(name + ".weight", gguf + ".weight", {heads, shape.head_dim}, Part::norm, TensorSpec::Fill::ones);
        return;
    }
    for (std::int64_t head = 0; head < heads; ++head) {
        list.norm(name + ".norms." + std::to_string(head), "", shape.head_dim);
    }
}

}  // namespace

TensorList tensors(const ModelShape& shape) {
    const auto& own = config_of<Config>(shape);
    const std::int64_t hidden = shape.hidden;
    const std::int64_t query = shape.heads * shape.head_dim;
    const std::int64_t key = shape.kv_heads * shape.head_dim;
    const bool bias = own.qkv_bias;

    TensorList list;
    list.matrix("model.embed_tokens.weight", "token_embd.weight", shape.vocab, hidden, Part::embedding);
    for (std::int64_t layer = 0; layer < shape.layers; ++layer) {
        const std::string name = "model.layers." + std::to_string(layer) + ".";
        const std::string gguf = "blk." + std::to_string(layer) + ".";
        list.norm(name + "input_layernorm", gguf + "attn_norm", hidden, true);
        list.projections(name + "self_attn.", gguf, query, key, hidden, {.bias = bias});
        list.linear(name + "self_attn.o_proj", gguf + "attn_output", hidden, query, Part::attention);
        if (own.qk_norm) {
            head_norms(list, name + "self_attn.q_layernorm", gguf + "attn_q_norm", shape.heads, shape);
            head_norms(list, name + "self_attn.k_layernorm", gguf + "attn_k_norm", shape.kv_heads, shape);
        }
        if (!own.parallel_residual) {
            list.norm(name + "post_attention_layernorm", gguf + "ffn_norm", hidden, true);
        }
        list.gated_mlp(name + "mlp.", gguf, shape.ffn, hidden);
    }
    list.norm("model.norm", "output_norm", hidden, true);
    list.output("lm_head", "output", shape.vocab, hidden, shape.tied_embeddings);
    list.prefix_alternative("model.", "");  // saved as the model without its head
    ignore_rotary_buffers(list);
    return list;
}

}  // namespace tandem::stablelm
