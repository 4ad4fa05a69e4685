// What the tensors of an OPT checkpoint are called: folders as transformers' OPTForCausalLM saves them, or OPTModel,
// without the beginning "model.". llama.cpp does not have the family.
#include "engine/models/opt/config.h"

namespace tandem::opt {

TensorList tensors(const ModelShape& shape) {
    const auto& own = config_of<Config>(shape);
    const std::int64_t hidden = shape.hidden;
    TensorList list;
    const auto norm = [&](const std::string& name) {
        if (own.norm_weights) {
            list.norm(name, "", hidden, true);
        }
    };
    list.matrix("model.decoder.embed_tokens.weight", "", shape.vocab, own.embedding_dim, Part::embedding);
    list.matrix("model.decoder.embed_positions.weight", "", shape.context + position_offset, hidden, Part::embedding);
    if (own.embedding_dim != hidden) {
        list.linear("model.decoder.project_in", "", hidden, own.embedding_dim, Part::embedding);
        list.linear("model.decoder.project_out", "", own.embedding_dim, hidden, Part::output);
    }
    for (std::int64_t layer = 0; layer < shape.layers; ++layer) {
        const std::string name = "model.decoder.layers." + std::to_string(layer) + ".";
        for (const char* projection : {"q_proj", "k_proj", "v_proj", "out_proj"}) {
            list.linear(name + "self_attn." + projection, "", hidden, hidden, Part::attention, own.bias);
        }
        norm(name + "self_attn_layer_norm");
        list.linear(name + "fc1", "", shape.ffn, hidden, Part::mlp, own.bias);
        list.linear(name + "fc2", "", hidden, shape.ffn, Part::mlp, own.bias);
        norm(name + "final_layer_norm");
    }
    if (own.final_norm) {
        norm("model.decoder.final_layer_norm");
    }
    list.output("lm_head", "", shape.vocab, own.embedding_dim, shape.tied_embeddings);
    list.prefix_alternative("model.decoder.", "decoder.");
    return list;
}

}  // namespace tandem::opt
