// What the tensors of an OLMo checkpoint are called: folders as transformers' OlmoForCausalLM saves them, GGUF as
// llama.cpp's converter writes it.
#include "engine/models/olmo/config.h"
#include "engine/models/rotary_tensors.h"

namespace tandem::olmo {

TensorList tensors(const ModelShape& shape) {
    const auto& own = config_of<Config>(shape);
    const std::int64_t hidden = shape.hidden;
    const std::int64_t query = shape.heads * shape.head_dim;
    const std::int64_t key = shape.kv_heads * shape.head_dim;
    const bool bias = own.attention_bias;
    const TensorList::LinearOptions rotated{.bias = bias, .gguf_rows = RowOrder::interleaved_halves(shape.head_dim)};

    TensorList list;
    list.matrix("model.embed_tokens.weight", "token_embd.weight", shape.vocab, hidden, Part::embedding);
    for (std::int64_t layer = 0; layer < shape.layers; ++layer) {
        const std::string name = "model.layers." + std::to_string(layer) + ".";
        const std::string gguf = "blk." + std::to_string(layer) + ".";
        list.projections(name + "self_attn.", gguf, query, key, hidden, rotated);
        list.linear(name + "self_attn.o_proj", gguf + "attn_output", hidden, query, Part::attention, bias);
        list.gated_mlp(name + "mlp.", gguf, shape.ffn, hidden);
    }
    list.output("lm_head", "output", shape.vocab, hidden, shape.tied_embeddings);
    list.prefix_alternative("model.", "");  // saved as the model without its head
    ignore_rotary_buffers(list);
    return list;
}

}  // namespace tandem::olmo
