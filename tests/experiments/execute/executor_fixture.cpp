#include "tests/experiments/execute/executor_fixture.h"

#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <sstream>

namespace tandem::execute_test {

std::filesystem::path null_worker() {
    return std::filesystem::path(TANDEM_BINARY_DIR) / "tests" / "null_worker";
}

Trial null_trial(int number, const std::string& behaviour, NullWorkload workload) {
    char id[65];
    std::snprintf(id, sizeof id, "%08x%056d", static_cast<unsigned>(number), 0);
    Trial trial;
    trial.id = id;
    trial.pairing = trial.model = behaviour;
    trial.target = "here";
    trial.workload = "nothing";
    trial.job.pairing.model.name = behaviour;
    trial.job.workload = workload;
    return trial;
}

Plan plan_of(std::vector<Trial> trials) {
    Plan plan;
    plan.experiment = "test";
    plan.trials = std::move(trials);
    return plan;
}

std::vector<std::string> children() {
    std::vector<std::string> found;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator("/proc", ignored)) {
        std::ifstream file(entry.path() / "stat");
        std::string line;
        std::getline(file, line);
        const auto name_end = line.rfind(')');
        if (name_end == std::string::npos) {
            continue;
        }
        std::istringstream rest(line.substr(name_end + 1));
        std::string state;
        pid_t parent = 0;
        rest >> state >> parent;
        if (parent == getpid()) {
            found.push_back(line.substr(0, name_end + 1) + " " + state);
        }
    }
    return found;
}

ExecutorTest::ExecutorTest() {
    local_.worker_program = null_worker();
    local_.scratch_folder = folder_ / "scratch";
    local_.memory_budget_bytes = std::int64_t{8} << 30;
    local_.cores = 4;
    local_.environment_json = R"({"cpu":"Example 3000","host":"here"})";
    local_.worker_start_timeout_ms = 20'000;
    local_.cancel_grace_ms = 300;
}

ExecutorTest::~ExecutorTest() {
    EXPECT_TRUE(children().empty()) << "left behind: " << children().front();
    EXPECT_TRUE(!std::filesystem::exists(local_.scratch_folder) || std::filesystem::is_empty(local_.scratch_folder));
}

Result<RunSummary> ExecutorTest::run(const Plan& plan, std::stop_token stop) {
    auto summary = GetParam().make(local_)->run(plan, options_, sink_, listener_, std::move(stop));
    return summary;
}

}  // namespace tandem::execute_test
