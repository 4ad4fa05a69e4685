// Training of a model that writes on prompts and their answers, whatever is put into its prompts. The loss is that of
// the answer. Rows are padded on the right, where nothing that counts sees the padding.
// Thread rule: one thread at a time. Errors: DATA_EMPTY; exceptions of libtorch from the step.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "engine/pairing/guided_prompt.h"
#include "engine/pairing/writer_input.h"
#include "engine/training/train_step.h"

namespace tandem {

struct GuidedExample {
    GuidedPrompt prompt;
    std::vector<TokenId> target;  // an answer with its end of text
};

using Examples = std::vector<const GuidedExample*>;

// Rows of ids, and which of them are there.
struct IdRows {
    at::Tensor ids;   // i64 [batch, tokens]
    at::Tensor mask;  // bool [batch, tokens]
};

IdRows padded_ids(const std::vector<std::vector<TokenId>>& rows, at::Device device);

// What a decoder reads of the writing model's own ids: the prompt with all but the last token of the target behind.
std::vector<TokenId> with_target(std::vector<TokenId> prompt, const GuidedExample& example);

// f32 [labels, vocab], row by row: the logits that foretell the targets of a batch. `input` is what the model reads: of
// a decoder with all but the last token of each target, behind `prompts` positions of that row.
at::Tensor answer_logits(AnyLm writer, const WriterInput& input, const Examples& batch,
                         std::span<const std::int64_t> prompts);

struct AnswerModel {
    // answer_logits() of a batch, with autograd: a Recording of its own holds where gradients are.
    std::function<at::Tensor(const Batch& batch, const Examples& examples)> logits;
    // Positions that a prompt takes.
    std::function<std::int64_t(const GuidedPrompt& prompt)> positions;
};

// Refused are no examples, and one with an empty prompt or target.
Result<std::unique_ptr<TrainStep>> answer_step(AnswerModel model, std::vector<Parameter> parameters,
                                               std::vector<GuidedExample> examples);

}  // namespace tandem
