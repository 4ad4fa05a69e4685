// Prompt tuning (Lester et al. 2021, arXiv 2104.08691): learned vectors stand before the embeddings of every prompt,
// the same for all, of a decoder or of an encoder-decoder's source. Refers to its model, which must outlive it, and
// shares the vectors' numbers: whoever trains them may change them between answers. Thread rule: const, shared freely.
// Errors: PAIRING_FOLDER; exceptions of libtorch where a call says so.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/api/pairing_options.h"
#include "engine/pairing/answer_step.h"

namespace tandem {

class SoftPrompt {
public:
    // Drawn by `seed`: embeddings of ids of the whole vocabulary, or numbers uniform within 0.5.
    static Result<SoftPrompt> create(AnyLm model, const SoftPromptOptions& options, std::uint64_t seed);
    // f32 [soft tokens, width of what the model reads]; another width is refused.
    static Result<SoftPrompt> create(AnyLm model, at::Tensor vectors);

    const AnyLm& model() const { return model_; }
    const at::Tensor& vectors() const { return vectors_; }
    std::int64_t tokens() const { return vectors_.size(0); }

    // ids i64 [batch, tokens], mask bool [batch, tokens] or undefined. Differentiable; may throw c10::Error.
    WriterInput before(const at::Tensor& ids, const at::Tensor& mask) const;

private:
    SoftPrompt(AnyLm model, at::Tensor vectors) : model_(model), vectors_(std::move(vectors)) {}

    AnyLm model_;
    at::Tensor vectors_;
};

// answer_logits() of a batch, as soft_prompt_step computes them. May throw c10::Error.
at::Tensor soft_prompt_logits(const SoftPrompt& soft, const Examples& batch);

// Trains the vectors, which become a leaf of autograd ("soft_prompt.vectors"), and `parameters` of the model, none
// where it stays. The soft prompt must outlive the step. Errors: DATA_EMPTY.
Result<std::unique_ptr<TrainStep>> soft_prompt_step(const SoftPrompt& soft, std::vector<Parameter> parameters,
                                                    std::vector<GuidedExample> examples);

}  // namespace tandem
