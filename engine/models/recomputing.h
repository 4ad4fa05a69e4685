// A decoder that is trained in less memory: of each layer it keeps what goes in, and computes the layer again where its
// gradients are wanted (Chen et al. 2016). Losses and gradients are those of the model itself, for about a third more
// time. Thread rule and errors: those of the model.
#pragma once

#include <memory>

#include "engine/models/causal_lm.h"

namespace tandem {

// The same model, weights shared; passes without autograd are untouched. The way back can be gone once, and gives
// gradients to leaves as backward() does; torch::autograd::grad() would not see weights.
std::shared_ptr<const CausalLm> recomputing(std::shared_ptr<const CausalLm> model);

}  // namespace tandem
