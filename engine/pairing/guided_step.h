// Training of a pairing on prompts and their answers: the projector, and of the small model what is given to be
// trained. The loss is that of the answer. Rows are padded on the right, where nothing that counts sees the padding;
// guidance stands by prompt tokens alone. Thread rule: one thread at a time.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "engine/pairing/answer_step.h"
#include "engine/pairing/llm_to_slm.h"

namespace tandem {

// What LlmToSlm::vectors gives of the prompts of a batch, by the examples' numbers: computed, or kept from before. May
// throw c10::Error.
using VectorSource = std::function<std::vector<at::Tensor>(const Batch& examples)>;

// Examples that are no good are refused (DATA_EMPTY, and what LlmToSlm::check says). `small` are parameters of the
// pairing's small model, none where it stays. The projector's tensors become leaves of autograd, named
// "projector.first.weight" and so on. The pairing must outlive the step.
Result<std::unique_ptr<TrainStep>> guided_step(const LlmToSlm& pairing, std::vector<Parameter> small,
                                               std::vector<GuidedExample> examples, VectorSource vectors);

// f32 [labels, vocab], row by row: the logits that foretell the targets of a batch, as guided_step computes them, with
// autograd inside a Recording.
at::Tensor guided_logits(const LlmToSlm& pairing, const Examples& batch, const std::vector<at::Tensor>& vectors);

}  // namespace tandem
