// The tensors of a model as its family takes them, by the names of its list. A fault is kept and ends in done(), so
// that a family reads straight down what its model is made of; after a fault everything taken is empty.
// Thread rule: one thread at a time, while loading.
#pragma once

#include <optional>
#include <string>

#include "engine/models/tensor_list.h"
#include "engine/models/weight_source.h"
#include "engine/nn/mlp.h"
#include "engine/nn/norm.h"
#include "engine/nn/self_attention.h"
#include "engine/nn/weight_matrix.h"

namespace tandem {

class Weights {
public:
    Weights(WeightSource& source, const TensorList& list) : source_(source), list_(list) {}

    // In the list, and in the file where the list calls it optional or derived.
    bool has(const std::string& name) const;
    // `name` is the whole name in the list, as in "model.embed_tokens.weight".
    WeightMatrix matrix(const std::string& name);
    // A matrix as one tensor, for products by head: in the type it is held in, blocks expanded to f32.
    at::Tensor dense_matrix(const std::string& name);
    // f32, any shape.
    at::Tensor tensor(const std::string& name);
    // name.weight and, where the list has it, name.bias.
    Linear linear(const std::string& name);
    // The product that gives logits: the list's `name`, or the embedding where the file has no numbers of its own
    // there.
    Linear output(const WeightMatrix& embedding, const std::string& name = "lm_head");
    RmsNorm rms_norm(const std::string& name, double epsilon);
    LayerNorm layer_norm(const std::string& name, double epsilon);

    // name + "q_proj", "k_proj", "v_proj" and name + "gate_proj", "up_proj", "down_proj", as most families call them.
    Projections projections(const std::string& name);
    GatedMlp gated_mlp(const std::string& name, Activation activation);

    // Bytes of everything taken.
    std::int64_t bytes() const { return bytes_; }
    // The first fault; a name that the list does not have; a tensor of the file that the list does not have.
    Result<void> done() const;

private:
    const TensorSpec* spec_of(const std::string& name);

    WeightSource& source_;
    const TensorList& list_;
    std::int64_t bytes_ = 0;
    std::optional<Error> fault_;
};

}  // namespace tandem
