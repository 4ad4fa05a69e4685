// Plans of null trials and an executor over null_worker. The contract's tests are written against the factory that
// makes the executor, so that every kind of executor is held to the same. Thread rule: one thread at a time.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "experiments/execute/executor.h"
#include "tests/experiments/execute/recording_sink.h"
#include "tests/support/temporary_folder.h"

namespace tandem::execute_test {

struct ExecutorKind {
    std::string name;
    std::function<std::unique_ptr<Executor>(LocalExecutorOptions)> make;
};

std::filesystem::path null_worker();

// A trial of null_worker; what it does is chosen by the model's name ("" behaves well).
Trial null_trial(int number, const std::string& behaviour = "", NullWorkload workload = {});
Plan plan_of(std::vector<Trial> trials);

// Processes that this one started and that still exist, zombies included.
std::vector<std::string> children();

class ExecutorTest : public testing::TestWithParam<ExecutorKind> {
protected:
    ExecutorTest();
    ~ExecutorTest() override;

    Result<RunSummary> run(const Plan& plan, std::stop_token stop = {});

    test::TemporaryFolder folder_;
    LocalExecutorOptions local_;
    ExecutionOptions options_;
    RecordingSink sink_;
    RunListener listener_;
};

}  // namespace tandem::execute_test
