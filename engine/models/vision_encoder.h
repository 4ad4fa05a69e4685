// A loaded vision encoder: pictures to vectors. Thread rule: const after load, shared freely.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>

#include "engine/api/job.h"
#include "engine/api/result.h"
#include "engine/models/language_model.h"

namespace tandem {

struct EncodedPictures {
    at::Tensor hidden;  // f32 [pictures, tokens, hidden], after the last norm where the model has one for all tokens
    at::Tensor pooled;  // f32 [pictures, pooled size]; undefined where the model pools nothing
};

class VisionEncoder : public Model {
public:
    // pixels f32 [pictures, channels, height, width], already resized and normalised as the model's configuration says.
    // With `layer`, hidden is what that many layers make, before any last norm, and nothing is pooled: 0 is what goes
    // into the first layer, -1 what the last one gives, -2 the one before it. Runs without autograd; may throw
    // c10::Error, as it does for a layer or a size of pictures that the model has not (check_picture_size).
    virtual EncodedPictures encode(const at::Tensor& pixels, std::optional<std::int64_t> layer = {}) const = 0;
};

// load_model for a model that must be a vision encoder. Errors: MODEL_KIND besides.
Result<std::shared_ptr<const VisionEncoder>> load_vision_encoder(const ModelRef& model, const LoadOptions& options,
                                                                 at::Device device, std::uint64_t seed,
                                                                 const LoadListener& listener, std::stop_token stop);

}  // namespace tandem
