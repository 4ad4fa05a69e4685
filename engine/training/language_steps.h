// Fine-tuning of a language model alone on pairs of token ids: the loss is that of the target. Rows are padded on the
// right, where nothing that counts sees the padding. Thread rule: one thread at a time.
#pragma once

#include <memory>
#include <vector>

#include "engine/models/trainable_model.h"
#include "engine/training/train_step.h"

namespace tandem {

struct TokenPair {
    std::vector<std::int64_t> source;  // a prompt with whatever begins it
    std::vector<std::int64_t> target;  // an answer with its end-of-text
};

// Refuses (MODEL_KIND) what is neither a decoder nor an encoder-decoder, and (DATA_EMPTY) no pairs, a pair without a
// target, or for decoders without a source.
Result<std::unique_ptr<TrainStep>> language_step(const TrainableModel& model, std::vector<TokenPair> pairs);

}  // namespace tandem
