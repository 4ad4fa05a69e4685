// How much goes through a model in one trial, as far as it can be said without tokenising: the longest sequence, and
// all tokens together. Thread rule: stateless.
#pragma once

#include <cstdint>

#include "engine/api/job.h"
#include "engine/api/model_facts.h"

namespace tandem {

// The pairs of one data file that a workload takes. No rows: nothing is known of them, and a usual size is assumed.
struct PairCounts {
    std::int64_t rows = 0;
    std::int64_t bytes = 0;    // of their lines together
    std::int64_t longest = 0;  // bytes of the longest line
};

struct DataCounts {
    PairCounts train, validation, test;
};

struct WorkloadSize {
    double prompt = 0;       // tokens of the longest prompt
    double fresh = 0;        // tokens that follow it: generated, or a given target of an encoder-decoder
    double all_prompts = 0;  // over the whole trial
    double all_new = 0;
    double learned = 0;          // tokens of all training steps
    double step_tokens = 0;      // of one batch
    double longest_pair = 0;     // tokens of the longest pair that is learned
    double sources_learned = 0;  // tokens of the sources of one pass over what is learned
    // Of what a large model labels, learned and validated with: how many, their tokens together, those of the longest.
    double rows_labelled = 0;
    double sources_labelled = 0;
    double longest_source = 0;
    double passes = 0;
    double pauses_s = 0;
    double sequences = 1;  // that are cached at a time
};

WorkloadSize workload_size(const Workload& workload, const ModelShape& shape, const DataCounts& data);

}  // namespace tandem
