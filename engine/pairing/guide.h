// The large model of a pairing: frozen, it reads a prompt once and gives a vector for each of its tokens. Any encoder
// gives its output, any decoder its hidden states after one of its layers; the layers behind it are not run.
// Thread rule: const, shared freely; refers to its model, which must outlive it. Errors: PAIRING_LAYER,
// CONTEXT_TOO_LONG, PROMPT_EMPTY, TOK_ID_RANGE, OUT_OF_MEMORY, TORCH_FAILED.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>
#include <vector>

#include "engine/generation/decoding.h"

namespace tandem {

class Guide {
public:
    // `layer` as PairingSettings::layer has it; an encoder has none to choose.
    static Result<Guide> create(AnyLm model, std::int64_t layer);

    const AnyLm& lm() const { return model_; }
    const Model& model() const { return model_.model(); }
    std::int64_t width() const;
    // Of a decoder the layers that run; of an encoder all of them.
    std::int64_t layer() const { return layer_; }

    // Errors of ids that the model cannot read.
    Result<void> check(std::span<const TokenId> ids) const;
    // f32 [tokens, width] on the model's device; none if cancelled on the way. Runs without autograd; may throw
    // c10::Error. Each call has run state of its own.
    std::optional<at::Tensor> read(std::span<const TokenId> ids, const std::stop_token& stop) const;

    // The same of several prompts in passes over all of them, each [its tokens, width]. Equal to read() but for the last
    // bits, as products of other shapes are rounded otherwise.
    std::optional<std::vector<at::Tensor>> read_all(std::span<const std::span<const TokenId>> prompts,
                                                    const std::stop_token& stop) const;

private:
    Guide(AnyLm model, std::int64_t layer) : model_(model), layer_(layer) {}

    AnyLm model_;
    std::int64_t layer_;
};

// Of a decoder the layers that run for PairingSettings::layer; of an encoder all of them. Known before weights are
// read.
Result<std::int64_t> guide_layer(const ModelShape& large, std::int64_t layer);

}  // namespace tandem
