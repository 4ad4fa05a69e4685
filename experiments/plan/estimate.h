// What a trial will need, from the model's shape and rough figures of the machine. Thread rule: stateless.
#pragma once

#include <cstdint>
#include <string>

#include "engine/api/job.h"
#include "engine/api/model_facts.h"
#include "experiments/plan/plan.h"

namespace tandem {

// Bytes by purpose; the sum is the estimate.
struct MemoryNeed {
    std::int64_t weights = 0;
    std::int64_t kv_cache = 0;
    std::int64_t activations = 0;
    std::int64_t process = 0;

    std::int64_t total() const;
    // "513 MiB weights + 23 MiB KV cache + ...": for the refusal.
    std::string to_string() const;
};

// Bytes of the weights in memory when loaded as `dtype`; saturates.
std::int64_t weights_bytes_as(Dtype dtype, const ModelFacts& model);

MemoryNeed estimate_memory(const Job& job, const ModelFacts& model);
double estimate_seconds(const Job& job, const ModelFacts& model, const MachineFacts& machine);

// "1.2 GiB".
std::string show_bytes(std::int64_t bytes);

}  // namespace tandem
