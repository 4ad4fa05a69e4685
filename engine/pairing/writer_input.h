// What a model that writes reads in the place of token ids: a decoder's embeddings, or an encoder-decoder's source.
// Guided models and soft prompts differ in how it is made, and in nothing that follows.
// Thread rule: stateless. Errors: those of target_likelihood.h and of BeamDecoding; exceptions of libtorch.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <vector>

#include "engine/generation/decoding.h"

namespace tandem {

// Of the two what the model is made for.
struct WriterInput {
    at::Tensor embeddings;  // f32 [batch, tokens, hidden]: what placed() takes
    EncodedSource source;
};

// None if cancelled. Called without autograd.
using InputMaker = std::function<std::optional<WriterInput>(const std::stop_token& stop)>;

// Its read() is the whole prefill: what `make` does and the writer's own. `prompt` are the prompt's ids, as they count
// for penalties.
std::unique_ptr<Decoding> input_decoding(AnyLm writer, std::vector<TokenId> prompt, KvCache& cache, InputMaker make);

// Without autograd.
Result<double> target_likelihood(AnyLm writer, const WriterInput& input, std::span<const TokenId> target,
                                 const std::stop_token& stop);

}  // namespace tandem
