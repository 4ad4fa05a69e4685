#include <string>

#include "engine/generation/beam_generate.h"
#include "engine/run_listener.h"
#include "engine/run_workloads.h"

namespace tandem {
namespace {

std::string prompt_name(std::size_t number) {
    return "prompts[" + std::to_string(number) + "]";
}

Error in_prompt(Error error, std::size_t number) {
    if (error.where.empty()) {
        error.where = prompt_name(number);
    }
    return error;
}

Result<GuidedPrompt> read_prompt(const GenerateWorkload& workload, const SystemPrompts& prompts, std::size_t number) {
    auto prompt = prompts.prompt(workload.prompts[number]);
    return prompt ? std::move(prompt) : in_prompt(std::move(prompt).error(), number);
}

std::string way_of(const GenerationOptions& options) {
    return options.beams > 1 ? "beams" : options.greedy ? "greedy" : "sampled";
}

}  // namespace

Result<Positions> check_generate(const GenerateWorkload& workload, const SystemPrompts& prompts,
                                 const std::function<Result<Positions>(const GuidedPrompt& prompt)>& positions_of) {
    if (workload.prompts.empty()) {
        return Error{
            .code = "PROMPT_EMPTY", .message = "there is no prompt; at least one is needed", .where = "prompts"};
    }
    TANDEM_TRY(check_beams(workload.generation));
    Positions most;
    for (std::size_t i = 0; i < workload.prompts.size(); ++i) {
        const auto needed = positions_of(TANDEM_TRY(read_prompt(workload, prompts, i)));
        if (!needed) {
            return in_prompt(needed.error(), i);
        }
        most.include(*needed);
    }
    return most;
}

Result<void> run_generate(const GenerateWorkload& workload, const SystemPrompts& prompts,
                          const SystemContext& context) {
    TrialRecorder& recorder = context.recorder;
    const auto session = TANDEM_TRY(open_session(context, workload.generation.beams));
    recorder.fact("decoding", way_of(workload.generation));
    note_templates(workload.chat, workload.system, prompts, recorder);

    const double share = 0.9 / static_cast<double>(workload.prompts.size());
    for (std::size_t i = 0; i < workload.prompts.size(); ++i) {
        if (context.stop.stop_requested()) {
            return cancelled_error();
        }
        const auto number = static_cast<std::int64_t>(i);
        RepetitionListener listener(
            recorder, context.machine, number,
            {.begin = 0.1 + share * static_cast<double>(i),
             .share = share,
             .tokens = workload.generation.max_new_tokens,
             .what = "prompt " + std::to_string(i + 1) + " of " + std::to_string(workload.prompts.size())});
        context.machine.repetition_begins();
        recorder.phase_begins("tokenize", number);
        const GuidedPrompt prompt = TANDEM_TRY(read_prompt(workload, prompts, i));
        const GenerationRequest request{.prompt = {},
                                        .options = workload.generation,
                                        .end_ids = prompts.tokenizer()->end_ids(),
                                        .random = Random(context.seed, i)};
        recorder.phase_ends("tokenize", number);
        recorder.sample("prompt_tokens", number, static_cast<double>(prompt.small.size()));
        auto answer = session->answer(prompt, request, recorder.clock(), listener, context.stop);
        if (!answer) {
            return in_prompt(std::move(answer).error(), i);
        }
        context.machine.repetition_ends(number);
        record_drafts(context, *answer, number);
        recorder.output(*answer, number);
        if (answer->reason == StopReason::cancelled) {
            return cancelled_error();
        }
    }
    return {};
}

}  // namespace tandem
