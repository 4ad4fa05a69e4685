// What the tensors of BART and its kin are called in folders as transformers saves them. llama.cpp has none of them.
#include "engine/models/bart/config.h"

namespace tandem::bart {
namespace {

struct Lister {
    const ModelShape& shape;
    const Config& own;
    TensorList list = {};

    void embeddings() {
        const char* shared = "model.shared.weight";
        const char* source = "model.encoder.embed_tokens.weight";
        const char* target = "model.decoder.embed_tokens.weight";
        if (own.shared_embeddings) {
            list.matrix(shared, "", shape.vocab, shape.hidden, Part::embedding);
        }
        list.matrix(source, "", shape.source_vocab, shape.hidden, Part::embedding);
        list.matrix(target, "", shape.vocab, shape.hidden, Part::embedding);
        list.matrix("lm_head.weight", "", shape.vocab, shape.hidden, Part::output);
        if (own.tied) {
            list.derive("lm_head.weight", own.shared_embeddings ? shared : target);
        }
        if (own.tied && own.shared_embeddings) {
            list.derive(source, shared);
            list.derive(target, shared);
            for (const char* other : {source, target, "encoder.embed_tokens.weight", "lm_head.weight"}) {
                list.name_alternative(shared, other);
            }
        }
    }

    void attention(const std::string& name) {
        for (const char* product : {".q_proj", ".k_proj", ".v_proj", ".out_proj"}) {
            list.linear(name + product, "", shape.hidden, shape.hidden, Part::attention, true);
        }
        list.norm(name + "_layer_norm", "", shape.hidden, true);
    }

    void stack(const std::string& name, std::int64_t layers, std::int64_t ffn, bool is_decoder) {
        const std::string positions = name + "embed_positions.weight";
        if (own.positions != Positions::counted) {
            TensorSpec& table =
                list.tensor(positions, "", {shape.context + own.position_offset, shape.hidden}, Part::embedding);
            table.derived = own.positions == Positions::fixed;  // some files hold what everybody can compute
            table.extra = table.derived;                        // and the reference counts it
        }
        if (own.embedding_norm) {
            list.norm(name + "layernorm_embedding", "", shape.hidden, true);
        }
        for (std::int64_t index = 0; index < layers; ++index) {
            const std::string layer = name + "layers." + std::to_string(index) + ".";
            attention(layer + "self_attn");
            if (is_decoder) {
                attention(layer + "encoder_attn");
            }
            list.linear(layer + "fc1", "", ffn, shape.hidden, Part::mlp, true);
            list.linear(layer + "fc2", "", shape.hidden, ffn, Part::mlp, true);
            list.norm(layer + "final_layer_norm", "", shape.hidden, true);
        }
        if (own.final_norm) {
            list.norm(name + "layer_norm", "", shape.hidden, true);
        }
    }
};

}  // namespace

TensorList tensors(const ModelShape& shape) {
    Lister lister{shape, config_of<Config>(shape)};
    TensorList& list = lister.list;
    lister.embeddings();
    lister.stack("model.encoder.", shape.encoder_layers, lister.own.encoder_ffn, false);
    lister.stack("model.decoder.", shape.layers, shape.ffn, true);
    if (lister.own.logits_bias) {
        list.tensor("final_logits_bias", "", {1, shape.vocab}, Part::output, TensorSpec::Fill::zeros);
        list.derive("final_logits_bias");
    } else {
        list.ignore("final_logits_bias");
    }
    list.only_decoder({"model.decoder.", "lm_head.", "final_logits_bias"});
    list.prefix_alternative("model.", "");
    list.ignore("encoder.version");
    list.ignore("decoder.version");
    if (lister.own.positions == Positions::counted) {
        list.ignore("embed_positions");  // computed by everybody
    }
    return std::move(list);
}

}  // namespace tandem::bart
