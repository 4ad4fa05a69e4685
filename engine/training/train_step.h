// What the trainer trains: examples, leaves, and the loss of a batch. A language model, a pairing or a distillation
// each is one. Errors: exceptions of libtorch, translated by the trainer. Thread rule: one thread at a time.
#pragma once

#include <span>
#include <vector>

#include "engine/models/counter_random.h"
#include "engine/models/trainable_weights.h"
#include "engine/training/batches.h"

namespace tandem {

class TrainStep {
public:
    virtual ~TrainStep() = default;

    // Of everything that changes, each name once.
    virtual const std::vector<Parameter>& parameters() const = 0;
    // How long each example is: what batches are cut by.
    virtual std::span<const std::int64_t> lengths() const = 0;
    // Over how many labels loss_sum() sums. No labels are fine: such a batch teaches nothing.
    virtual std::int64_t labels(const Batch& batch) const = 0;
    // The sum of the losses of the batch's labels, f32 scalar with gradients. What is drawn is drawn from `random`,
    // whose place is kept with the run.
    virtual at::Tensor loss_sum(const Batch& batch, CounterRandom& random) = 0;
};

// Cross-entropy summed over labels i64 [batch, tokens] that are not -100, of logits f32 [batch, tokens, vocab]. Its
// gradient is kept from the first pass on, so that backward() can be called once.
at::Tensor cross_entropy_sum(const at::Tensor& logits, const at::Tensor& labels);

}  // namespace tandem
