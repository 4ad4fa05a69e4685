#include <algorithm>
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

Result<std::vector<TokenId>> encode_prompt(const GenerateWorkload& workload, const PromptEncoder& encoder,
                                           std::size_t number) {
    auto ids = encoder.encode(workload.prompts[number]);
    if (!ids) {
        return in_prompt(std::move(ids).error(), number);
    }
    if (ids->empty()) {
        return Error{.code = "PROMPT_EMPTY",
                     .message = "the prompt has no tokens; at least one is needed",
                     .where = prompt_name(number)};
    }
    return ids;
}

// What a reader of the answers should know of how the prompts were made.
void note_template(const GenerateWorkload& workload, const PromptEncoder& encoder, TrialRecorder& recorder) {
    recorder.fact("chat_template", encoder.uses_template() ? "used" : workload.chat ? "none in the model" : "off");
    if (workload.chat && !encoder.uses_template()) {
        recorder.note("no_chat_template", "the model has no chat template: prompts were continued as plain text");
    }
    if (!workload.system.empty() && !encoder.uses_template()) {
        recorder.note("system_unused", "the system message needs a chat template and was left out");
    }
}

std::string way_of(const GenerationOptions& options) {
    return options.beams > 1 ? "beams" : options.greedy ? "greedy" : "sampled";
}

}  // namespace

Result<Positions> check_generate(const GenerateWorkload& workload, const PromptEncoder& encoder,
                                 const ModelShape& shape) {
    if (workload.prompts.empty()) {
        return Error{
            .code = "PROMPT_EMPTY", .message = "there is no prompt; at least one is needed", .where = "prompts"};
    }
    TANDEM_TRY(check_beams(workload.generation));
    std::int64_t longest = 0;
    for (std::size_t i = 0; i < workload.prompts.size(); ++i) {
        const auto ids = TANDEM_TRY(encode_prompt(workload, encoder, i));
        const auto length = static_cast<std::int64_t>(ids.size());
        TANDEM_TRY(check_context(length, workload.generation.max_new_tokens, shape, prompt_name(i)));
        longest = std::max(longest, length);
    }
    return Positions{.cache = slots_needed(shape, longest, workload.generation.max_new_tokens), .source = longest};
}

Result<void> run_generate(const GenerateWorkload& workload, const std::shared_ptr<const Tokenizer>& tokenizer,
                          const PromptEncoder& encoder, const RunContext& context) {
    TrialRecorder& recorder = context.recorder;
    KvCache cache = TANDEM_TRY(make_cache(context, workload.generation.beams));
    recorder.fact("decoding", way_of(workload.generation));
    note_template(workload, encoder, recorder);

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
        GenerationRequest request{.prompt = TANDEM_TRY(encode_prompt(workload, encoder, i)),
                                  .options = workload.generation,
                                  .end_ids = tokenizer->end_ids(),
                                  .random = Random(context.seed, i)};
        recorder.phase_ends("tokenize", number);
        recorder.sample("prompt_tokens", number, static_cast<double>(request.prompt.size()));
        auto answer = generate(context.model, cache, request, tokenizer, recorder.clock(), listener, context.stop);
        if (!answer) {
            return in_prompt(std::move(answer).error(), i);
        }
        context.machine.repetition_ends(number);
        recorder.output(*answer, number);
        if (answer->reason == StopReason::cancelled) {
            return cancelled_error();
        }
    }
    return {};
}

}  // namespace tandem
