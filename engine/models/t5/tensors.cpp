// What the tensors of a T5 checkpoint are called: folders as transformers' T5ForConditionalGeneration saves them, GGUF
// as llama.cpp's converter writes it.
#include "engine/models/t5/config.h"

namespace tandem::t5 {
namespace {

struct Lister {
    const ModelShape& shape;
    const Config& own;
    TensorList list = {};

    void attention(const std::string& name, const std::string& gguf) {
        const std::int64_t inner = shape.heads * shape.head_dim;
        list.linear(name + ".q", gguf + "attn_q", inner, shape.hidden, Part::attention);
        list.linear(name + ".k", gguf + "attn_k", inner, shape.hidden, Part::attention);
        list.linear(name + ".v", gguf + "attn_v", inner, shape.hidden, Part::attention);
        list.linear(name + ".o", gguf + "attn_o", shape.hidden, inner, Part::attention);
    }

    void self_attention(const std::string& name, const std::string& gguf, std::int64_t layer) {
        attention(name + ".SelfAttention", gguf);
        if (layer == 0 || own.bias_in_every_layer) {
            list.tensor(name + ".SelfAttention.relative_attention_bias.weight", gguf + "attn_rel_b.weight",
                        {own.buckets, shape.heads}, Part::attention);
        }
        list.norm(name + ".layer_norm", gguf + "attn_norm", shape.hidden);
    }

    void feed_forward(const std::string& name, const std::string& gguf) {
        const std::string inner = name + ".DenseReluDense.";
        if (own.gated) {
            list.linear(inner + "wi_0", gguf + "ffn_gate", shape.ffn, shape.hidden, Part::mlp);
        }
        list.linear(inner + (own.gated ? "wi_1" : "wi"), gguf + "ffn_up", shape.ffn, shape.hidden, Part::mlp);
        list.linear(inner + "wo", gguf + "ffn_down", shape.hidden, shape.ffn, Part::mlp);
        list.norm(name + ".layer_norm", gguf + "ffn_norm", shape.hidden);
    }
};

}  // namespace

TensorList tensors(const ModelShape& shape) {
    Lister lister{shape, config_of<Config>(shape)};
    TensorList& list = lister.list;
    list.matrix("shared.weight", "token_embd.weight", shape.vocab, shape.hidden, Part::embedding);
    for (const char* stack : {"encoder", "decoder"}) {
        const std::string name = std::string(stack) + ".embed_tokens.weight";
        list.matrix(name, "", shape.vocab, shape.hidden, Part::embedding);
        list.derive(name, "shared.weight");
        list.name_alternative("shared.weight", name);
    }
    for (std::int64_t layer = 0; layer < shape.encoder_layers; ++layer) {
        const std::string name = "encoder.block." + std::to_string(layer) + ".layer.";
        const std::string gguf = "enc.blk." + std::to_string(layer) + ".";
        lister.self_attention(name + "0", gguf, layer);
        lister.feed_forward(name + "1", gguf);
    }
    list.norm("encoder.final_layer_norm", "enc.output_norm", shape.hidden);
    for (std::int64_t layer = 0; layer < shape.layers; ++layer) {
        const std::string name = "decoder.block." + std::to_string(layer) + ".layer.";
        const std::string gguf = "dec.blk." + std::to_string(layer) + ".";
        lister.self_attention(name + "0", gguf, layer);
        lister.attention(name + "1.EncDecAttention", gguf + "cross_");
        list.norm(name + "1.layer_norm", gguf + "cross_attn_norm", shape.hidden);
        lister.feed_forward(name + "2", gguf);
    }
    list.norm("decoder.final_layer_norm", "dec.output_norm", shape.hidden);
    list.matrix("lm_head.weight", "output.weight", shape.vocab, shape.hidden, Part::output);
    if (shape.tied_embeddings) {
        list.derive("lm_head.weight", "shared.weight");
    }
    list.only_decoder({"decoder.", "lm_head."});
    // Early checkpoints have a bias of cross-attention that nobody computes with.
    list.ignore("EncDecAttention.relative_attention_bias");
    list.ignore("cross_attn_rel_b");
    return std::move(list);
}

}  // namespace tandem::t5
