// A loaded model whose weights can be trained. Its forward passes give gradients inside a Recording, on a cache of
// KvCache::for_one_pass. Thread rule: whoever trains has it alone; leaves change in place.
#pragma once

#include <memory>
#include <stop_token>
#include <vector>

#include "engine/api/job.h"
#include "engine/models/causal_lm.h"
#include "engine/models/encoder_decoder_lm.h"
#include "engine/models/trainable_weights.h"

namespace tandem {

struct TrainableOptions {
    Dtype dtype = Dtype::f32;  // f32 or bf16, of matrices; the rest is f32
    TrainedWeights trained = TrainedWeights::all;
    LowRankOptions low_rank;
};

struct TrainableModel {
    std::shared_ptr<const Model> model;
    std::vector<Parameter> parameters;
    TensorList tensors;  // of the model's shape
    LowRankOptions low_rank;
};

// Errors: those of load_model; DTYPE_UNAVAILABLE (not f32 or bf16); TRAIN_UNSUPPORTED (recurrent layers, whose states
// are written in place; an adapter; a file whose tensors could not be written back).
Result<TrainableModel> load_trainable(const ModelRef& model, const TrainableOptions& options, at::Device device,
                                      std::uint64_t seed, const LoadListener& listener, std::stop_token stop);

// f32 logits [batch, tokens, vocab] of ids i64 [batch, tokens], with gradients. `padding` i64 [batch], how many
// positions at the left of each row are none; undefined: no row is padded.
at::Tensor training_logits(const CausalLm& model, const at::Tensor& ids, const at::Tensor& padding = {});

// f32 logits [batch, target, vocab] of target ids i64 [batch, target], after source ids i64 [batch, source] of which
// mask bool [batch, source] says which are there; undefined: all.
at::Tensor training_logits(const EncoderDecoderLm& model, const at::Tensor& source, const at::Tensor& mask,
                           const at::Tensor& target);

}  // namespace tandem
