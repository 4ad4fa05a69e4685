// The artefact "answers.jsonl": one line a pair, in order, with all that a score of the trial can be computed from
// again: {"index": 0, "source": ..., "target": ..., "answer": ..., "reason": "eos"}, and where the target's probability
// was asked for "log_likelihood" (nats) and "target_tokens". Thread rule: the job's thread.
#pragma once

#include <span>
#include <vector>

#include "engine/run_answers.h"

namespace tandem {

void write_answers(std::span<const TextPair> pairs, const std::vector<ExampleAnswer>& answers, TrialRecorder& recorder);

}  // namespace tandem
