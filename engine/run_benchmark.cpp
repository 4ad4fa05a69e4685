#include <chrono>
#include <string>

#include "engine/run_listener.h"
#include "engine/run_workloads.h"

namespace tandem {

Result<void> run_benchmark(const BenchmarkWorkload& workload, const GuidedPrompt& prompt,
                           const SystemContext& context) {
    TrialRecorder& recorder = context.recorder;
    const auto session = TANDEM_TRY(open_session(context, 1, workload.prefix_reuse));
    recorder.fact("prompt_tokens", std::to_string(workload.prompt_tokens));
    recorder.fact("new_tokens", std::to_string(workload.new_tokens));
    recorder.fact("decoding", "greedy");
    const GenerationRequest request{
        .prompt = {}, .options = {.max_new_tokens = workload.new_tokens, .greedy = true, .ignore_eos = true}};

    const double share = 0.9 / static_cast<double>(workload.warmup + workload.repetitions);
    for (std::int64_t r = -workload.warmup; r < workload.repetitions; ++r) {
        const std::string what =
            r < 0 ? "warm-up " + std::to_string(r + workload.warmup + 1) + " of " + std::to_string(workload.warmup)
                  : "repetition " + std::to_string(r + 1) + " of " + std::to_string(workload.repetitions);
        if (!pause_for(std::chrono::milliseconds(workload.delay_ms), context.stop)) {
            return cancelled_error();
        }
        RepetitionListener listener(recorder, context.machine, r,
                                    {.begin = 0.1 + share * static_cast<double>(r + workload.warmup),
                                     .share = share,
                                     .tokens = workload.new_tokens,
                                     .what = what});
        if (r < 0) {
            recorder.phase_begins("warmup", r);
        }
        recorder.sample("prompt_tokens", r, static_cast<double>(workload.prompt_tokens));
        context.machine.repetition_begins();
        const auto answer = TANDEM_TRY(session->answer(prompt, request, recorder.clock(), listener, context.stop));
        context.machine.repetition_ends(r);
        record_drafts(context, answer, r);
        record_reuse(workload.prefix_reuse, *session, r, recorder);
        if (r < 0) {
            recorder.phase_ends("warmup", r);
        }
        if (answer.reason == StopReason::cancelled) {
            return cancelled_error();
        }
    }
    return {};
}

}  // namespace tandem
