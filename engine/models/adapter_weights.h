// A model's weights with an adapter: merged into them, or beside them and added at run time.
// Errors: ADAPTER_UNSUPPORTED (DoRA at run time, a change that the family's code does not take), and those of the
// source below. Thread rule: one thread at a time.
#pragma once

#include <memory>

#include "engine/models/adapter.h"
#include "engine/models/weight_source.h"

namespace tandem {

struct AdaptedWeights {
    std::unique_ptr<WeightSource> base;
    std::shared_ptr<const WeightFile> file;  // that `base` reads; null: random weights
    Naming naming = Naming::hugging_face;
    Adapter adapter;
    std::string where;  // the adapter's folder, in errors
};

// `list` must outlive the source.
std::unique_ptr<WeightSource> adapted_weights(AdaptedWeights parts, const TensorList& list, AdapterMode mode,
                                              const LoadContext& context);

}  // namespace tandem
