// Natural log-likelihood of a given target under a model, without autograd. May throw c10::Error.
// Thread rule: stateless. Errors: CANCELLED, OUT_OF_MEMORY.
#pragma once

#include <span>
#include <stop_token>

#include "engine/generation/decoding.h"

namespace tandem {

// Behind a prompt in embeddings f32 [1, tokens, hidden], as embed() gives them. Runs in the chunks of a prefill, so
// that logits of few positions are in memory at a time.
Result<double> target_likelihood(const CausalLm& model, const at::Tensor& prompt, std::span<const TokenId> target,
                                 const std::stop_token& stop);
Result<double> target_likelihood(const EncoderDecoderLm& model, const EncodedSource& source,
                                 std::span<const TokenId> target, const std::stop_token& stop);

}  // namespace tandem
