// How each family of families.h becomes a model that computes, and loading by whatever a file says it is.
// Thread rule: const, shared freely.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "engine/api/job.h"
#include "engine/models/language_model.h"
#include "engine/models/weights.h"

namespace tandem {

// What a family is given to make a model of.
struct FamilyLoad {
    const ModelShape& shape;
    Weights& weights;
    WeightSource& source;
    at::ScalarType cache_type;
    at::Device device;

    // The family's class over what was taken, if everything was there: M(ModelBasics, parts...).
    template <class M, class... Parts>
    Result<std::shared_ptr<const Model>> finish(Parts&&... parts) const {
        TANDEM_TRY(weights.done());
        ModelBasics basics{.shape = shape,
                           .weights_bytes = weights.bytes(),
                           .cache_type = cache_type,
                           .device = device,
                           .notes = source.notes()};
        return std::shared_ptr<const Model>(std::make_shared<M>(std::move(basics), std::forward<Parts>(parts)...));
    }
};

struct Family {
    std::string_view name;  // ModelShape::architecture
    Result<std::shared_ptr<const Model>> (*load)(const FamilyLoad& load);
};

// In the order of families.h.
std::span<const Family> families();

// Loads `model` (a .gguf, a folder, or random:ID with weights drawn by `seed`) in the format that `options` asks for.
// The model's sha256 is not looked at: whoever keeps models verifies them.
// Errors: the readers' own, CFG_*, MODEL_NOT_FOUND, MODEL_UNKNOWN_FAMILY, MODEL_TENSOR_MISSING, MODEL_TENSOR_SHAPE,
// MODEL_TENSOR_UNKNOWN, DTYPE_UNAVAILABLE, DEVICE_UNAVAILABLE, OUT_OF_MEMORY, CANCELLED.
Result<std::shared_ptr<const Model>> load_model(const ModelRef& model, const LoadOptions& options, at::Device device,
                                                std::uint64_t seed, const LoadListener& listener, std::stop_token stop);

// The same for a model that only reads: of an encoder-decoder the encoder. The decoder's tensors are looked for and
// checked but not read; whoever computes with them gets an exception of libtorch. Any other model is loaded whole.
Result<std::shared_ptr<const Model>> load_guide(const ModelRef& model, const LoadOptions& options, at::Device device,
                                                std::uint64_t seed, const LoadListener& listener, std::stop_token stop);

}  // namespace tandem
