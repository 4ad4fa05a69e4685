// The sizes of a decoder by the names that most configurations use: num_hidden_layers, hidden_size,
// num_attention_heads, num_key_value_heads, head_dim, intermediate_size, vocab_size, max_position_embeddings,
// tie_word_embeddings. Errors: CFG_*. Thread rule: stateless.
#pragma once

#include "engine/api/model_facts.h"
#include "engine/models/config_reader.h"

namespace tandem {

// What absent keys mean.
struct UsualSizes {
    std::int64_t layers = 0;
    std::int64_t hidden = 0;
    std::int64_t heads = 0;
    std::int64_t kv_heads = 0;  // 0: as many as heads, which null always is
    std::int64_t ffn = 0;
    std::int64_t vocab = 0;
    std::int64_t context = 0;
    bool tied = false;
    // Whether a head_dim of its own counts. False: the family's code takes hidden / heads, and any other is refused.
    bool own_head_dim = false;
};

Result<ModelShape> read_sizes(const ConfigReader& config, const UsualSizes& absent);

}  // namespace tandem
