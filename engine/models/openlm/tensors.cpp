// What the tensors of an OpenLM checkpoint are called in folders, as its wrapper for transformers saves them; llama.cpp
// does not know the family.
#include "engine/models/openlm/config.h"

namespace tandem::openlm {

TensorList tensors(const ModelShape& shape) {
    const auto& own = config_of<Config>(shape);
    const std::int64_t hidden = shape.hidden;
    TensorList list;
    list.matrix("model.tok_embeddings.weight", "", shape.vocab, hidden, Part::embedding);
    if (own.embedding_norm) {
        list.norm("model.post_embed_norm", "", hidden, own.norm_bias);
    }
    for (std::int64_t index = 0; index < shape.layers; ++index) {
        const std::string name = "model.layers." + std::to_string(index) + ".";
        list.norm(name + "attention_norm", "", hidden, own.norm_bias);
        list.linear(name + "attention.in_proj", "", 3 * hidden, hidden, Part::attention);
        list.linear(name + "attention.out_proj", "", hidden, hidden, Part::attention);
        if (own.query_key_norms) {
            list.norm(name + "attention.q_norm", "", hidden, own.norm_bias);
            list.norm(name + "attention.k_norm", "", hidden, own.norm_bias);
        }
        list.norm(name + "ffn_norm", "", hidden, own.norm_bias);
        list.linear(name + "feed_forward.w12", "", 2 * shape.ffn, hidden, Part::mlp);
        list.linear(name + "feed_forward.w3", "", hidden, shape.ffn, Part::mlp);
    }
    list.norm("model.norm", "", hidden, own.norm_bias);
    list.output("model.output", "", shape.vocab, hidden, shape.tied_embeddings);
    list.ignore("pos_embed.inv_freq");
    return list;
}

}  // namespace tandem::openlm
