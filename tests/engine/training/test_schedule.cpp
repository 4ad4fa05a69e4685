// Factors of the learning rate against transformers' schedules with warm-up (tests/data/make_training_fixtures.py);
// both compute in f64: 1e-12.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "engine/training/schedule.h"

namespace tandem::test {
namespace {

TEST(Schedule, every_step_has_the_rate_of_the_reference) {
    std::ifstream file(TANDEM_SOURCE_DIR "/tests/data/training/schedules.json");
    const auto cases = nlohmann::json::parse(file);
    ASSERT_EQ(cases.size(), 12U);
    for (const auto& [name, factors] : cases.items()) {
        std::istringstream words(name);
        std::string shape;
        std::int64_t warmup = 0;
        std::int64_t steps = 0;
        words >> shape >> warmup >> steps;
        const OptimiserOptions options{
            .learning_rate = 1, .schedule = enum_from_name<LearningRateShape>(shape).value(), .warmup_steps = warmup};
        for (std::int64_t step = 0; step < steps; ++step) {
            EXPECT_NEAR(learning_rate(options, step, steps), factors[static_cast<std::size_t>(step)].get<double>(),
                        1e-12)
                << name << " step " << step;
        }
    }
}

TEST(Schedule, past_the_end_the_rate_stays_at_zero) {
    for (const auto shape : {LearningRateShape::linear, LearningRateShape::cosine}) {
        EXPECT_EQ(learning_rate({.schedule = shape, .warmup_steps = 2}, 15, 10), 0);
    }
}

}  // namespace
}  // namespace tandem::test
