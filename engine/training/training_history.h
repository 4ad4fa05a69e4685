// The figures of a training by its steps, kept beside a checkpoint so that a run taken up again can tell all of it: one
// safetensors file with NAME.steps (I64) and NAME.values (F64) for each figure. What is trained does not depend on it. Errors: CKPT_DAMAGED, FILE_*, ST_*. Thread rule: plain data.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/result.h"

namespace tandem {

// One figure, its steps rising.
struct StepSeries {
    std::vector<std::int64_t> steps;
    std::vector<double> values;
};

struct TrainingHistory {
    std::map<std::string, StepSeries> series;

    // Said again of the same step (a validation that was broken off), the later value stands.
    void add(std::string_view name, std::int64_t step, double value);
};

Result<void> write_history(const std::filesystem::path& path, const TrainingHistory& history);
Result<TrainingHistory> read_history(const std::filesystem::path& path);

}  // namespace tandem
