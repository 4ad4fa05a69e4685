#include "engine/run_evaluate.h"

#include <string>

#include "engine/run_workloads.h"
#include "engine/training/data_rows.h"

namespace tandem {
namespace {

std::string decoding_of(const GenerationOptions& options) {
    if (options.beams > 1) {
        return std::to_string(options.beams) + " beams";
    }
    return options.greedy ? "greedy" : "sampled";
}

}  // namespace

PromptStyle prompt_style(const TaskOptions& task, const Pairing& pairing) {
    return {
        .chat = task.chat, .system = task.system, .prompt = task.prompt, .partner_prompt = pairing.guidance.llm_prompt};
}

Result<void> check_task(const TaskOptions& task) {
    TANDEM_TRY(TaskScores::create(task.scores));
    if (!task.test.given()) {
        return Error{.code = "DATA_NONE",
                     .message = "there is no test file; name a JSONL file of source and target; nothing was loaded",
                     .where = "test",
                     .kind = ErrorKind::bad_input};
    }
    return {};
}

Result<PreparedTask> prepare_task(const TaskOptions& task,
                                  const std::function<Result<Positions>(std::string_view source)>& positions_of) {
    TANDEM_TRY(check_task(task));
    PreparedTask prepared{.pairs = TANDEM_TRY(read_data_rows(task.test, task.test_rows)), .positions = {}};
    prepared.positions = TANDEM_TRY(most_positions(prepared.pairs, task.test.path, positions_of));
    return prepared;
}

Result<void> run_evaluate(const TaskOptions& task, const PreparedTask& prepared, const SystemPrompts& prompts,
                          const AnswerContext& context) {
    note_templates(task.chat, task.system, prompts, context.recorder);
    context.recorder.fact("decoding", decoding_of(task.generation));
    context.recorder.fact("test", spelled(task.test));
    TANDEM_TRY(evaluate_answers(task, prepared.pairs, context));
    return {};
}

}  // namespace tandem
