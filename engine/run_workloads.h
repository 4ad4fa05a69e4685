// What a job does once its model is there: one function for each kind of workload. Each tells the recorder everything
// and returns an error or nothing. Errors: those of generation and tokenizer, CANCELLED. Thread rule: the job's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <vector>

#include "engine/api/job.h"
#include "engine/api/result.h"
#include "engine/generation/decoding.h"
#include "engine/generation/prompt.h"
#include "engine/run_machine.h"
#include "engine/run_recorder.h"
#include "engine/tokenizer/tokenizer.h"

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

// What a workload asks of a model's memory: positions of the decoder's cache, and of the source of an encoder-decoder.
struct Positions {
    std::int64_t cache = 0;
    std::int64_t source = 0;
};

Result<void> run_generate(const GenerateWorkload& workload, const std::shared_ptr<const Tokenizer>& tokenizer,
                          const PromptEncoder& encoder, const RunContext& context);

// `prompt` has workload.prompt_tokens ids.
Result<void> run_benchmark(const BenchmarkWorkload& workload, std::vector<TokenId> prompt, const RunContext& context);

Result<void> run_logits(const LogitsWorkload& workload, const RunContext& context);

// The refusals that the run would give, before any weight is read; else the most positions that a prompt needs.
Result<Positions> check_generate(const GenerateWorkload& workload, const PromptEncoder& encoder,
                                 const ModelShape& shape);
Result<Positions> check_logits(const LogitsWorkload& workload, const ModelShape& shape);

// Recorded as kv_cache_bytes, with what cross-attention keeps of the source, and kv_cache_slots. Errors: OUT_OF_MEMORY.
Result<KvCache> make_cache(const RunContext& context);

Error cancelled_error();

}  // namespace tandem
