#include <gtest/gtest.h>

#include <algorithm>

#include "experiments/execute/local/worker_environment.h"

namespace tandem {
namespace {

TEST(WorkerEnvironment, bounds_how_long_threads_spin_and_keeps_everything_else) {
    const std::vector<std::string> variables = worker_environment({"PATH=/bin", "GOMP_SPINCOUNTER=7"});
    EXPECT_EQ(variables, (std::vector<std::string>{"PATH=/bin", "GOMP_SPINCOUNTER=7", "GOMP_SPINCOUNT=1000"}));
}

TEST(WorkerEnvironment, leaves_the_users_own_choice_alone) {
    EXPECT_EQ(worker_environment({"OMP_WAIT_POLICY=active"}).size(), 1U);
    EXPECT_EQ(worker_environment({"GOMP_SPINCOUNT=infinity"}), std::vector<std::string>{"GOMP_SPINCOUNT=infinity"});
}

TEST(WorkerEnvironment, starts_from_this_processs_variables) {
    ASSERT_EQ(setenv("TANDEM_TEST_VARIABLE", "a=b", 1), 0);
    const std::vector<std::string> variables = own_environment();
    EXPECT_EQ(std::ranges::count(variables, "TANDEM_TEST_VARIABLE=a=b"), 1);
}

}  // namespace
}  // namespace tandem
