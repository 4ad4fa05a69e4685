// A run that is interrupted, at whatever step or moment, ends with the bytes of one that is not; it learns; it
// validates, stops early and keeps its best.
#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <map>
#include <thread>

#include "engine/training/language_steps.h"
#include "engine/training/trainer.h"
#include "tests/engine/training/training_support.h"

namespace tandem::test {
namespace {

namespace fs = std::filesystem;

std::vector<TokenPair> pairs(std::int64_t count) {
    std::vector<TokenPair> pairs;
    CounterRandom random(9, 9);
    for (std::int64_t index = 0; index < count; ++index) {
        TokenPair pair;
        for (std::uint64_t left = 2 + random.below(6); left > 0; --left) {
            pair.source.push_back(3 + static_cast<std::int64_t>(random.below(20)));
        }
        pair.target = {pair.source.back(), pair.source.front(), 2};  // can be learned
        pairs.push_back(pair);
    }
    return pairs;
}

// Draws numbers as well, so that their place matters.
class NoisyStep : public TrainStep {
public:
    explicit NoisyStep(std::unique_ptr<TrainStep> step) : step_(std::move(step)) {}
    const std::vector<Parameter>& parameters() const override { return step_->parameters(); }
    std::span<const std::int64_t> lengths() const override { return step_->lengths(); }
    std::int64_t labels(const Batch& batch) const override { return step_->labels(batch); }
    at::Tensor loss_sum(const Batch& batch, CounterRandom& random) override {
        return step_->loss_sum(batch, random) * (0.5 + random.uniform());
    }

private:
    std::unique_ptr<TrainStep> step_;
};

const TrainingOptions options{.optimiser = {.learning_rate = 3e-3, .warmup_steps = 2},
                              .epochs = 2,
                              .batch_tokens = 48,
                              .accumulation = 2,
                              .validate_every = 3,
                              .checkpoint_every = 2};

std::string bytes_of_file(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

class Training : public testing::Test {
protected:
    void SetUp() override {
        place_ = fs::path(testing::TempDir()) /
                 ("train_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
        fs::remove_all(place_);
    }
    void TearDown() override { fs::remove_all(place_); }

    // Stops after `stop_after` steps of this call; 0: never.
    static Result<TrainingOutcome> run(const fs::path& place, std::int64_t stop_after,
                                       const std::string& model = "mistral_full", TrainingOptions with = options) {
        const auto trained = trainable(model).value();
        NoisyStep step(language_step(trained, pairs(60)).value());
        std::stop_source stop;
        std::int64_t done = 0;
        TrainingHooks hooks;
        hooks.progress = [&](const TrainingProgress&) {
            if (++done == stop_after) {
                stop.request_stop();
            }
        };
        // A function of the weights alone, as a validation is.
        hooks.validation.score = [&](std::int64_t, std::stop_token) -> Result<double> {
            return step.parameters().front().value.detach().abs().sum().item<double>();
        };
        return Trainer(step, with, {.checkpoints = place, .run = "test", .seed = 4}, hooks).run(stop.get_token());
    }
    static std::string last_bytes(const fs::path& place) {
        const fs::path last = place / ("step-" + std::to_string(CheckpointFolder(place).steps().front()));
        return bytes_of_file(last / "tensors.safetensors") + bytes_of_file(last / "state.json");
    }

    fs::path place_;
};

TEST_F(Training, interrupted_after_every_step_ends_with_the_same_bytes) {
    const auto whole = run(place_ / "whole", 0);
    ASSERT_TRUE(whole.ok()) << whole.error().to_string();
    ASSERT_GT(whole->steps, 8);
    // Each call does one step: interrupted at every step.
    for (std::int64_t call = 0; call < whole->steps + 2; ++call) {
        const auto part = run(place_ / "parts", 1);
        if (part.ok()) {
            break;
        }
        ASSERT_EQ(part.error().code, "CANCELLED") << part.error().to_string();
    }
    EXPECT_EQ(last_bytes(place_ / "parts"), last_bytes(place_ / "whole"));
    // At one step each, then to the end.
    for (std::int64_t at = 1; at < whole->steps; at += 3) {
        const fs::path once = place_ / ("once_" + std::to_string(at));
        EXPECT_EQ(run(once, at).error().code, "CANCELLED");
        EXPECT_EQ(run(once, 0)->resumed_at, at);
        EXPECT_EQ(last_bytes(once), last_bytes(place_ / "whole")) << at;
    }
}

// What every attempt has told, and what the last is told again: nothing is missing and nothing twice.
TEST_F(Training, an_attempt_that_goes_on_is_told_the_figures_of_all_before_it) {
    using Losses = std::map<std::int64_t, double>;
    const auto attempt = [&](const fs::path& place, std::int64_t stop_after, Losses& again, Losses& own) {
        const auto trained = trainable("mistral_full").value();
        NoisyStep step(language_step(trained, pairs(60)).value());
        std::stop_source stop;
        TrainingHooks hooks;
        hooks.progress = [&](const TrainingProgress& progress) {
            own[progress.step] = progress.loss;
            EXPECT_GT(progress.tokens_per_second, 0);
            if (static_cast<std::int64_t>(own.size()) == stop_after) {
                stop.request_stop();
            }
        };
        hooks.resumed = [&](const TrainingHistory& history) {
            const StepSeries& figure = history.series.at("train_loss");
            for (std::size_t i = 0; i < figure.steps.size(); ++i) {
                again[figure.steps[i]] = figure.values[i];
            }
            EXPECT_EQ(history.series.at("train_tokens_per_second").steps, figure.steps);
        };
        return Trainer(step, options, {.checkpoints = place, .run = "test", .seed = 4}, hooks).run(stop.get_token());
    };
    Losses none, whole;
    ASSERT_TRUE(attempt(place_ / "whole", 0, none, whole).ok());
    EXPECT_TRUE(none.empty());
    for (int stops = 0; stops < 2; ++stops) {
        Losses again, own;
        EXPECT_EQ(attempt(place_ / "parts", 3, again, own).error().code, "CANCELLED");
        EXPECT_EQ(again.size(), static_cast<std::size_t>(3 * stops));
    }
    Losses again, own;
    ASSERT_TRUE(attempt(place_ / "parts", 0, again, own).ok());
    EXPECT_EQ(again.size(), 6U);
    again.merge(own);
    EXPECT_EQ(again, whole);
}

TEST_F(Training, an_encoder_decoder_goes_on_with_the_same_bytes) {
    ASSERT_TRUE(run(place_ / "whole", 0, "t5_first").ok());
    EXPECT_EQ(run(place_ / "part", 5, "t5_first").error().code, "CANCELLED");
    ASSERT_TRUE(run(place_ / "part", 0, "t5_first").ok());
    EXPECT_EQ(last_bytes(place_ / "part"), last_bytes(place_ / "whole"));
}

TEST_F(Training, killed_at_any_moment_ends_with_the_same_bytes) {
    at::set_num_threads(1);  // a child of fork has none of the parent's threads
    ASSERT_TRUE(run(place_ / "whole", 0).ok());
    const std::string expected = last_bytes(place_ / "whole");
    CounterRandom random(static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count()), 0);
    int killed = 0;
    for (int round = 0; round < 6; ++round) {
        const fs::path part = place_ / ("part_" + std::to_string(round));
        for (int attempt = 0;; ++attempt) {
            const pid_t child = fork();
            ASSERT_GE(child, 0);
            if (child == 0) {
                _exit(run(part, 0).ok() ? 0 : 1);
            }
            if (attempt < 8) {
                std::this_thread::sleep_for(std::chrono::microseconds(5000 + random.below(120000)));
                kill(child, SIGKILL);
            }
            int status = 0;
            ASSERT_EQ(waitpid(child, &status, 0), child);
            if (WIFEXITED(status)) {
                ASSERT_EQ(WEXITSTATUS(status), 0);
                break;
            }
            ++killed;
        }
        EXPECT_EQ(last_bytes(part), expected);
    }
    EXPECT_GT(killed, 0);
}

TEST_F(Training, the_loss_falls_on_what_can_be_learned) {
    const auto trained = trainable("mistral_full").value();
    const auto step = language_step(trained, pairs(60)).value();
    std::vector<double> losses;
    TrainingHooks hooks;
    hooks.progress = [&](const TrainingProgress& progress) { losses.push_back(progress.loss); };
    TrainingOptions longer = options;
    longer.epochs = 15;
    ASSERT_TRUE(Trainer(*step, longer, {}, hooks).run({}).ok());
    EXPECT_LT(losses.back(), 0.7 * losses.front());
}

TEST_F(Training, bf16_weights_and_low_rank_pairs_learn_too) {
    for (const TrainableOptions& how :
         {TrainableOptions{.dtype = Dtype::bf16},
          TrainableOptions{.dtype = Dtype::bf16, .trained = TrainedWeights::low_rank, .low_rank = {.rank = 4}}}) {
        const auto trained = trainable("mistral_full", how).value();
        const auto step = language_step(trained, pairs(60)).value();
        std::vector<double> losses;
        TrainingHooks hooks;
        hooks.progress = [&](const TrainingProgress& progress) { losses.push_back(progress.loss); };
        TrainingOptions longer = options;
        longer.epochs = 12;
        const auto outcome = Trainer(*step, longer, {}, hooks).run({});
        ASSERT_TRUE(outcome.ok()) << outcome.error().to_string();
        EXPECT_LT(losses.back(), 0.9 * losses.front());
    }
}

TEST_F(Training, stops_early_and_gives_the_best_back) {
    const auto trained = trainable("mistral_full").value();
    const auto step = language_step(trained, pairs(60)).value();
    std::map<std::int64_t, at::Tensor> weights;
    std::int64_t now = 0;
    TrainingHooks hooks;
    hooks.progress = [&](const TrainingProgress& progress) {
        now = progress.step;
        weights[now] = trained.parameters.front().value.detach().clone();
    };
    hooks.validation = {.score = [&](std::int64_t, std::stop_token) -> Result<double> { return now == 6 ? 1.0 : 0.5; },
                        .higher_is_better = true};
    TrainingOptions with = options;
    with.epochs = 20;
    with.patience = 3;
    Trainer trainer(*step, with, {.checkpoints = place_, .run = "early", .seed = 1}, hooks);
    const auto outcome = trainer.run({});
    ASSERT_TRUE(outcome.ok()) << outcome.error().to_string();
    EXPECT_TRUE(outcome->stopped_early);
    EXPECT_EQ(outcome->best_step, 6);
    EXPECT_EQ(outcome->steps, 15);
    ASSERT_TRUE(trainer.restore_best().ok());
    EXPECT_TRUE(at::equal(trained.parameters.front().value.detach(), weights.at(6)));
}

TEST_F(Training, other_options_do_not_take_up_its_checkpoints) {
    ASSERT_EQ(run(place_, 2).error().code, "CANCELLED");
    TrainingOptions other = options;
    other.optimiser.learning_rate = 1e-3;
    EXPECT_EQ(run(place_, 0, "mistral_full", other).error().code, "CKPT_OTHER_RUN");
    other = options;
    other.checkpoint_every = 7;  // changes nothing of the result
    EXPECT_TRUE(run(place_, 0, "mistral_full", other).ok());
}

TEST_F(Training, a_loss_that_is_no_number_ends_it_before_the_step) {
    const auto trained = trainable("mistral_full").value();
    {
        const c10::NoGradGuard no_autograd;
        trained.parameters.front().value.detach().fill_(std::nan(""));
    }
    const auto step = language_step(trained, pairs(6)).value();
    EXPECT_EQ(Trainer(*step, options, {}, {}).run({}).error().code, "TRAIN_NONFINITE");
}

}  // namespace
}  // namespace tandem::test
