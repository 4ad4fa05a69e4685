// What a job does once its model is there: one function for each kind of workload. Each tells the recorder everything
// and returns an error or nothing. Errors: those of generation and tokenizer, CANCELLED. Thread rule: the job's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "engine/api/job.h"
#include "engine/api/result.h"
#include "engine/generation/decoding.h"
#include "engine/models/vision_encoder.h"
#include "engine/pairing/system_prompts.h"
#include "engine/run_machine.h"
#include "engine/run_recorder.h"
#include "engine/vision/preprocessor.h"

namespace tandem {

// Everything a running workload works with; nothing in it is owned.
struct RunContext {
    AnyLm model;
    TrialRecorder& recorder;
    MachineSampler& machine;
    std::stop_token stop;
    std::uint64_t seed = 0;
    std::int64_t cache_slots = 0;  // of the static KV cache
    std::int64_t source = 0;       // most tokens that an encoder-decoder reads
};

// The same for what a pairing does, whatever its method.
struct SystemContext {
    const System& system;
    TrialRecorder& recorder;
    MachineSampler& machine;
    std::stop_token stop;
    std::uint64_t seed = 0;
    Positions room;  // of the session that answers
};

// `prompts` are the system's.
Result<void> run_generate(const GenerateWorkload& workload, const SystemPrompts& prompts, const SystemContext& context);

// `prompt` has workload.prompt_tokens ids for each model that reads it.
Result<void> run_benchmark(const BenchmarkWorkload& workload, const GuidedPrompt& prompt, const SystemContext& context);

// The pictures as the model is given them. `location` is the model's. Errors: PICTURE_*, PREPROCESSOR_MISSING,
// VISION_SIZE.
Result<PixelBatch> prepare_pictures(const EmbedWorkload& workload, const std::string& location,
                                    const ModelShape& shape);
Result<void> run_embed(const EmbedWorkload& workload, const PixelBatch& pixels, const VisionEncoder& model,
                       TrialRecorder& recorder, MachineSampler& machine, const std::stop_token& stop);

Result<void> run_logits(const LogitsWorkload& workload, const RunContext& context);

// The refusals that the run would give, before any weight is read; else the most positions that a prompt needs.
Result<Positions> check_generate(const GenerateWorkload& workload, const SystemPrompts& prompts,
                                 const std::function<Result<Positions>(const GuidedPrompt& prompt)>& positions_of);
Result<Positions> check_logits(const LogitsWorkload& workload, const ModelShape& shape);

// What a reader of the answers should know of how the prompts were made, as facts and notes.
void note_templates(bool chat, const std::string& system, const SystemPrompts& prompts, TrialRecorder& recorder);

// Both are recorded as kv_cache_bytes, with what cross-attention keeps of the source and what a search of `beams` makes
// besides, and kv_cache_slots. Errors: OUT_OF_MEMORY.
Result<KvCache> make_cache(const RunContext& context);
Result<std::unique_ptr<Session>> open_session(const SystemContext& context, std::int64_t beams = 1,
                                              PrefixReuse reuse = PrefixReuse::off);

// Of speculative decoding, how many tokens were drafted for an answer and how many of them it has.
void record_drafts(const SystemContext& context, const Answer& answer, std::int64_t repetition);

// Where prompts share what they begin with, how many tokens of the last one did not run.
void record_reuse(PrefixReuse reuse, const Session& session, std::int64_t repetition, TrialRecorder& recorder);

Error cancelled_error();

}  // namespace tandem
