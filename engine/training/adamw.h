// AdamW with decoupled weight decay (Loshchilov and Hutter 2019, algorithm 2), bias corrections as in Kingma and Ba
// 2015, one pass over each parameter; and clipping by the norm over all parameters. The same numbers give the same
// numbers whatever the number of threads. A bf16 parameter has an f32 master copy that is stepped, and is what that
// rounds to. Errors: exceptions of libtorch, translated by the trainer. Thread rule: one thread at a time.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/api/training_options.h"
#include "engine/models/trainable_weights.h"

namespace tandem {

class AdamW {
public:
    AdamW(std::vector<Parameter> parameters, const OptimiserOptions& options);

    void zero_gradients();
    // The l2 norm over the gradients of all parameters, in f64.
    double gradient_norm() const;
    // One step at a learning rate, gradients multiplied by `scale` first. A parameter without a gradient stays, as in
    // torch. Only matrices are decayed.
    void step(double learning_rate, double scale = 1);
    // What torch's clip_grad_norm_ multiplies by: clip / (norm + 1e-6), at most 1.
    double clip_scale(double norm) const;

    std::int64_t steps() const { return steps_; }
    const std::vector<Parameter>& parameters() const { return parameters_; }

    // Everything beside the parameters that the next step depends on: NAME.mean, NAME.square, NAME.master (bf16 only).
    // The tensors are the optimiser's own.
    std::map<std::string, at::Tensor> state() const;
    void set_steps(std::int64_t steps) { steps_ = steps; }

private:
    struct Moments {
        at::Tensor mean;
        at::Tensor square;
        at::Tensor master;  // undefined for f32
    };
    std::vector<Parameter> parameters_;
    std::vector<Moments> moments_;
    OptimiserOptions options_;
    std::int64_t steps_ = 0;
};

}  // namespace tandem
