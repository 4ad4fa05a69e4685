// What a trial will need, from the model's shape and rough figures of the machine. Thread rule: stateless.
#pragma once

#include <cstdint>
#include <string>

#include "engine/api/job.h"
#include "engine/api/model_facts.h"
#include "experiments/plan/plan.h"
#include "experiments/plan/workload_size.h"

namespace tandem {

// Bytes by purpose; the sum is the estimate.
struct MemoryNeed {
    std::int64_t weights = 0;
    std::int64_t kv_cache = 0;
    std::int64_t activations = 0;
    std::int64_t partner = 0;   // all that the second model takes
    std::int64_t training = 0;  // gradients, AdamW's two means and what the backward pass needs
    std::int64_t process = 0;

    std::int64_t total() const;
    // "513 MiB weights + 23 MiB KV cache + ...", without what there is none of: for the refusal.
    std::string to_string() const;
};

// Bytes of the weights in memory when loaded as `dtype`; saturates.
std::int64_t weights_bytes_as(Dtype dtype, const ModelFacts& model);

// What a trial runs and reads, as far as it is known.
struct TrialNeeds {
    // Most trials run one model and read no data.
    TrialNeeds(const ModelFacts& first, const ModelFacts* second = nullptr, DataCounts pairs = {})
        : model(first), partner(second), data(pairs) {}

    const ModelFacts& model;
    const ModelFacts* partner;
    DataCounts data;
    const ModelFacts* labeller = nullptr;  // of labels llm: whose answers are learned
    bool writes_labels = true;             // false: another trial of the plan has written them
};

MemoryNeed estimate_memory(const Job& job, const TrialNeeds& needs);
double estimate_seconds(const Job& job, const TrialNeeds& needs, const MachineFacts& machine);

// "1.2 GiB".
std::string show_bytes(std::int64_t bytes);

}  // namespace tandem
