// The weights of a Llama model as they are computed with. Thread rule: const after load, shared freely.
#pragma once

#include <vector>

#include "engine/api/model_facts.h"
#include "engine/models/llama/names.h"
#include "engine/models/weight_source.h"
#include "engine/nn/mlp.h"
#include "engine/nn/norm.h"
#include "engine/nn/rope.h"
#include "engine/nn/weight_matrix.h"

namespace tandem::llama {

struct Layer {
    RmsNorm attention_norm;
    Linear query;             // [heads * head_dim, hidden]
    Linear key;               // [kv_heads * head_dim, hidden]
    Linear value;             // [kv_heads * head_dim, hidden]
    Linear attention_output;  // [hidden, heads * head_dim]
    RmsNorm mlp_norm;
    SwigluMlp mlp;
};

struct Weights {
    WeightMatrix embedding;  // [vocab, hidden]
    std::vector<Layer> layers;
    RmsNorm final_norm;
    Linear output;  // [vocab, hidden]; shares the embedding's numbers where the model ties them
    Rope rope;

    std::int64_t bytes(bool tied) const;
};

// Errors: those of WeightSource, CFG_UNSUPPORTED.
Result<Weights> load_weights(const ModelShape& shape, WeightSource& source, Naming naming);

}  // namespace tandem::llama
