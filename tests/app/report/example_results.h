// A database with results as real runs leave them: a sweep with benchmarks, answers and failures, made up from fixed
// formulas. Thread rule: one thread at a time.
#pragma once

#include <filesystem>
#include <vector>

#include "db/store/store.h"

namespace tandem::report_test {

struct ExampleShape {
    std::vector<std::string> dtypes{"f32", "native"};
    std::vector<std::int64_t> prompt_tokens{64, 256};
    std::vector<std::uint64_t> seeds{1};
    std::int64_t new_tokens = 32;
    bool answers = true;
    bool failures = true;
    bool baseline = false;  // other number formats are a pairing of their own, compared with f32
    std::string experiment = "quickstart";
    std::string model = "smollm2";
    std::string prompt = "What is the capital of France, and what is it known for?";
};

// Creates or adds to the database. True where all was stored.
Result<void> store_example(const std::filesystem::path& path, const ExampleShape& shape);

Plan example_plan(const ExampleShape& shape);

}  // namespace tandem::report_test
