// What a terminal is told of a training, from the observations that the engine sends.
#include <gtest/gtest.h>

#include "app/cli/training_news.h"

namespace tandem::cli {
namespace {

Observation sample(const char* name, std::int64_t step, double value) {
    return {.kind = ObservationKind::sample,
            .time_ns = step * 2'000'000'000,
            .index = step,
            .name = name,
            .value = value,
            .text = {}};
}

TEST(TrainingNews, speaks_of_rate_speed_and_time_left_while_it_trains) {
    TrainingNews news;
    EXPECT_EQ(news.now(), "");
    EXPECT_TRUE(news.add(sample("train_steps", 1, 30)).empty());
    for (const std::int64_t step : {1, 2, 3}) {
        EXPECT_TRUE(news.add(sample("train_loss", step, 5.0 - static_cast<double>(step))).empty());
        EXPECT_TRUE(news.add(sample("learning_rate", step, 3e-5)).empty());
        EXPECT_TRUE(news.add(sample("train_tokens_per_second", step, 511.6)).empty());
    }
    EXPECT_EQ(news.now(), "learning rate 3e-05, 512 tokens/s");
    EXPECT_EQ(news.now_briefly(), "rate 3e-05, 512 tokens/s");
    EXPECT_DOUBLE_EQ(*news.seconds_left(), 54);  // two seconds a step
    Observation token;
    token.kind = ObservationKind::token;
    news.add(token);
    EXPECT_EQ(news.now(), "") << "the test is answered";
    EXPECT_FALSE(news.seconds_left());
}

TEST(TrainingNews, prints_each_validation_and_each_preview_on_a_line_of_its_own) {
    TrainingNews news;
    news.add(sample("train_steps", 1, 30));
    news.add(sample("train_loss", 10, 2.5));
    news.add(sample("learning_rate", 10, 0.0003));
    EXPECT_EQ(news.add(sample("validation_loss", 10, 2.75)),
              std::vector<std::string>{"step 10 of 30: validation loss 2.7500, loss 2.5000, learning rate 0.0003"});
    const auto preview = [&](std::int64_t step, const char* name, const char* text) {
        return news.add({.kind = ObservationKind::preview, .repetition = 1, .index = step, .name = name, .text = text});
    };
    EXPECT_EQ(preview(-1, "source", "a question"), std::vector<std::string>{"  preview 2, source: a question"});
    EXPECT_EQ(preview(10, "eos", "an\nanswer\x1b[31m"),
              std::vector<std::string>{"  preview 2, answer: an answer\xEF\xBF\xBD[31m"});
}

TEST(TrainingNews, is_silent_of_trials_that_do_not_train) {
    TrainingNews news;
    EXPECT_TRUE(news.add(sample("rss_bytes", 0, 1e9)).empty());
    EXPECT_EQ(news.now(), "");
    EXPECT_FALSE(news.seconds_left());
}

}  // namespace
}  // namespace tandem::cli
