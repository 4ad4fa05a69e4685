// Weights that are going to be trained: each tensor that a family takes becomes a leaf of autograd under its name, or a
// pair of low-rank leaves beside numbers that stay. What the family makes of them at load are views, so that a leaf
// that changes changes the model. Errors: TRAIN_UNSUPPORTED and those of the source below.
// Thread rule: one thread at a time; parameters belong to whoever trains.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/models/weight_source.h"

namespace tandem {

// One leaf tensor that the optimiser changes.
struct Parameter {
    std::string name;  // the list's; of low-rank pairs, the list's without ".weight", and ".lora_A" or ".lora_B"
    at::Tensor value;
    bool is_matrix = false;  // decayed: not a norm, a bias or a table of positions by distance
};

enum class TrainedWeights {
    all,
    low_rank,  // LoRA (Hu et al. 2022): W + alpha / rank * B A, W stays
    none,      // forward passes give gradients to what they are given, not to weights
};

struct LowRankOptions {
    std::int64_t rank = 8;
    double alpha = 16;                 // the product is scaled by alpha / rank
    std::vector<std::string> targets;  // last part of a module's name, as in "q_proj"; empty: every linear layer
};

struct TrainableParts {
    std::unique_ptr<WeightSource> base;  // in f32 or bf16, and memory of its own
    TrainedWeights trained = TrainedWeights::all;
    LowRankOptions low_rank;
    std::uint64_t seed = 0;  // of the low-rank matrices; each by its name alone
    Naming naming = Naming::hugging_face;
};

class TrainableWeights : public WeightSource {
public:
    explicit TrainableWeights(TrainableParts parts) : parts_(std::move(parts)) {}

    bool has(const TensorSpec& spec) const override { return parts_.base->has(spec); }
    Result<WeightMatrix> matrix(const TensorSpec& spec) override;
    // Low-rank pairs beside a matrix that is taken apart at load would not be seen to change: it stays, and is refused
    // as a target.
    Result<at::Tensor> dense_matrix(const TensorSpec& spec) override;
    Result<at::Tensor> tensor(const TensorSpec& spec) override;
    Result<void> check(const TensorSpec& spec) override { return parts_.base->check(spec); }
    Result<void> check_all_known() const override;
    std::vector<std::string> notes() const override { return parts_.base->notes(); }

    // In the order they were taken.
    const std::vector<Parameter>& parameters() const { return parameters_; }

private:
    Result<void> check_once(const TensorSpec& spec);
    bool is_target(const TensorSpec& spec) const;
    // The numbers, a leaf of its own where all are trained.
    Result<at::Tensor> take(const TensorSpec& spec);
    LowRank add_low_rank(const TensorSpec& spec, at::Device device);

    TrainableParts parts_;
    std::vector<Parameter> parameters_;
    std::vector<std::string> taken_;
};

// A computed tensor as a Hugging Face folder stores it: rows in the file's order, turned where it is turned, less what
// was added.
at::Tensor stored_in_folder(const TensorSpec& spec, const at::Tensor& computed);
// Rows of a computed matrix in the folder's order.
at::Tensor folder_rows(const TensorSpec& spec, const at::Tensor& computed);

}  // namespace tandem
