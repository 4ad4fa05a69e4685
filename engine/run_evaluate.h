// The workload evaluate: a data file's sources are answered and the answers scored. Errors: DATA_*, SCORE_*, FILE_*,
// those of prompts, CONTEXT_TOO_LONG, those of run_answers.h. Thread rule: the job's thread.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "engine/pairing/system_prompts.h"
#include "engine/run_answers.h"

namespace tandem {

// A task that can run, as far as that is known before any weight is read.
struct PreparedTask {
    std::vector<TextPair> pairs;
    Positions positions;  // of the longest
};

// How a task's sources become prompts of a pairing.
PromptStyle prompt_style(const TaskOptions& task, const Pairing& pairing);

// What is wrong with a task whatever the models: an unknown score, or no test set.
Result<void> check_task(const TaskOptions& task);

// Every score is known, the test set is read, and every source fits; `positions_of` as in most_positions(). What is
// refused names the file's line.
Result<PreparedTask> prepare_task(const TaskOptions& task,
                                  const std::function<Result<Positions>(std::string_view source)>& positions_of);

// Records also how prompts were made, how answers were decoded and what was answered. `prompts` are the system's.
Result<void> run_evaluate(const TaskOptions& task, const PreparedTask& prepared, const SystemPrompts& prompts,
                          const AnswerContext& context);

}  // namespace tandem
