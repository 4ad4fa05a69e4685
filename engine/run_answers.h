// A system's answers to the sources of a set of pairs, and what they are worth against the targets: what evaluate does,
// train when it validates, and train in the end. Errors: SCORE_*, those of System and Session, CANCELLED.
// Thread rule: the job's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/task_workloads.h"
#include "engine/evaluation/task_scores.h"
#include "engine/pairing/system.h"
#include "engine/run_machine.h"
#include "engine/run_recorder.h"
#include "engine/training/text_pairs.h"

namespace tandem {

// What answers are made with. Nothing in it is owned.
struct AnswerContext {
    const System& system;
    TrialRecorder& recorder;
    MachineSampler& machine;
    std::stop_token stop;
    std::uint64_t seed = 0;
    Positions room;  // of the session that answers; no cache: as much as the longest example takes
    // Progress goes from `begin` to `begin` + `share`.
    double begin = 0.1;
    double share = 0.9;
};

struct ExampleAnswer {
    std::string text;
    StopReason reason = StopReason::length;
    std::optional<TextLikelihood> likelihood;  // of the target, where a score of probabilities is asked for
};

struct EvaluatedAnswers {
    std::vector<ExampleAnswer> answers;  // one for each pair
    std::vector<TaskScore> scores;
};

// Answers every source as a repetition of the trial, with its tokens, times, memory and energy, records the scores as
// those of step -1 and writes the artefact "answers.jsonl", one line a pair.
Result<EvaluatedAnswers> evaluate_answers(const TaskOptions& task, std::span<const TextPair> pairs,
                                          const AnswerContext& context);

// How a validation during training differs from that.
struct Validation {
    std::int64_t step = 0;
    std::int64_t previews = 0;        // answers to the first sources that are recorded
    std::vector<std::string> scores;  // instead of the task's; none: only the previews are answered
};

// Records previews and scores of that step, no intervals, and nothing else: no tokens, times or artefact.
Result<EvaluatedAnswers> validate_answers(const TaskOptions& task, std::span<const TextPair> pairs,
                                          const Validation& validation, const AnswerContext& context);

// The room that every pair has in. `positions_of` says it of a source, as a system or what there is before its weights
// are read does. A refusal names the example, counted from 1, and its line in `where`.
Result<Positions> most_positions(std::span<const TextPair> pairs, std::string_view where,
                                 const std::function<Result<Positions>(std::string_view source)>& positions_of);

}  // namespace tandem
