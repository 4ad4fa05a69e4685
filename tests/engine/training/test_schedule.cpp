// Factors of the learning rate against transformers' schedules with warm-up (tests/data/make_training_fixtures.py);
// both compute in f64: 1e-12.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "engine/training/schedule.h"
#include "engine/training/sha256.h"

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

std::string digest(std::string_view text) {
    return sha256(std::as_bytes(std::span(text)));
}

TEST(Sha256, gives_the_digests_of_the_standards_examples) {
    EXPECT_EQ(digest(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(digest("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    EXPECT_EQ(digest(std::string(1000000, 'a')), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

}  // namespace
}  // namespace tandem::test
