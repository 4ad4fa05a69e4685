#include "engine/models/usual_sizes.h"

namespace tandem {

Result<ModelShape> read_sizes(const ConfigReader& config, const UsualSizes& absent) {
    ModelShape shape;
    shape.layers = TANDEM_TRY(config.integer("num_hidden_layers", absent.layers));
    shape.hidden = TANDEM_TRY(config.integer("hidden_size", absent.hidden));
    shape.heads = TANDEM_TRY(config.integer("num_attention_heads", absent.heads));
    const bool as_heads = absent.kv_heads == 0 || config.says_null("num_key_value_heads");
    shape.kv_heads = TANDEM_TRY(config.integer("num_key_value_heads", as_heads ? shape.heads : absent.kv_heads));
    if (absent.own_head_dim) {
        shape.head_dim = TANDEM_TRY(config.head_dim("head_dim", shape.hidden, shape.heads));
    } else {
        shape.head_dim = TANDEM_TRY(config.head_dim("", shape.hidden, shape.heads));
        if (TANDEM_TRY(config.integer("head_dim", shape.head_dim)) != shape.head_dim) {
            return config.unsupported("a head_dim other than hidden_size / num_attention_heads");
        }
    }
    shape.ffn = TANDEM_TRY(config.integer("intermediate_size", absent.ffn));
    shape.vocab = TANDEM_TRY(config.integer("vocab_size", absent.vocab));
    shape.context = TANDEM_TRY(config.integer("max_position_embeddings", absent.context));
    shape.tied_embeddings = TANDEM_TRY(config.truth("tie_word_embeddings", absent.tied));
    return shape;
}

}  // namespace tandem
