// The training of a pairing computes what its use computes, for every fusion and place and whatever else is in the
// batch; it learns, its frozen part stays, and a run that is interrupted ends with the bytes of one that is not.
#include "engine/pairing/guided_step.h"

#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "engine/models/trainable_model.h"
#include "engine/training/trainer.h"
#include "tests/engine/pairing/guided_forms.h"
#include "tests/engine/pairing/pairing_support.h"

namespace tandem::test {
namespace {

namespace fs = std::filesystem;

// Prompts and targets of different lengths. The targets can be learned: they say the prompt's last token.
std::vector<GuidedExample> examples(std::size_t count) {
    std::vector<GuidedExample> examples;
    CounterRandom random(7, 7);
    for (std::size_t number = 0; number < count; ++number) {
        GuidedExample example;
        const auto small = static_cast<std::int32_t>(2 + random.below(5));
        for (std::int32_t at = 0; at < small; ++at) {
            example.prompt.small.push_back(static_cast<TokenId>(3 + random.below(20)));
            const auto first = static_cast<std::int32_t>(example.prompt.large.size());
            for (std::uint64_t more = 1 + random.below(2); more > 0; --more) {
                example.prompt.large.push_back(static_cast<TokenId>(3 + random.below(20)));
            }
            example.prompt.alignment.push_back({first, static_cast<std::int32_t>(example.prompt.large.size())});
        }
        for (std::uint64_t length = number % 4; length > 0; --length) {
            example.target.push_back(example.prompt.small.back());
        }
        example.target.push_back(2);
        examples.push_back(std::move(example));
    }
    return examples;
}

class GuidedForms : public testing::TestWithParam<Form> {};

TEST_P(GuidedForms, training_foretells_what_use_foretells_step_by_step) {
    const c10::NoGradGuard no_autograd;
    const LoadedModel large(GetParam().large);
    const LoadedModel small(GetParam().small);
    const LlmToSlm pairing = drawn_pairing(large.any(), small.any(), GetParam().settings, 5);
    const auto all = examples(7);
    // All targets of one token, too: a decoder whose prompt is replaced then has no token of its own.
    for (const auto& numbers : {std::vector<std::size_t>{0, 1, 2, 3, 5, 6}, {0, 4}, {3}}) {
        std::vector<const GuidedExample*> batch;
        std::vector<at::Tensor> vectors;
        for (const std::size_t number : numbers) {
            batch.push_back(&all[number]);
            vectors.push_back(pairing.vectors(all[number].prompt, {}).value());
        }
        const at::Tensor logits = guided_logits(pairing, batch, vectors);
        std::int64_t row = 0;
        for (const GuidedExample* example : batch) {
            const auto answer = static_cast<std::int64_t>(example->target.size());
            const std::int64_t slots = pairing.slots_needed(example->prompt, answer);
            KvCache cache = KvCache::create(small.any().cache_shape(slots), at::kCPU).value();
            const auto decoding = pairing.decoding(example->prompt, cache);
            at::Tensor expected = decoding->read(example->prompt.small, {}).value();
            for (std::int64_t at = 0; at < answer; ++at, ++row) {
                EXPECT_TRUE(at::allclose(logits[row], expected, 1e-5, 1e-5))
                    << "row " << row << ", off by " << (logits[row] - expected).abs().max().item<float>();
                if (at + 1 < answer) {
                    expected = decoding->next(example->target[static_cast<std::size_t>(at)]);
                }
            }
        }
        EXPECT_EQ(row, logits.size(0));
    }
}

INSTANTIATE_TEST_SUITE_P(All, GuidedForms, testing::ValuesIn(guided_forms()), form_name);

constexpr TrainingOptions options{.optimiser = {.learning_rate = 3e-3, .warmup_steps = 2},
                                  .epochs = 2,
                                  .batch_tokens = 64,
                                  .accumulation = 2,
                                  .checkpoint_every = 3};

// A pairing with a small model of its own that can be trained.
struct Trained {
    explicit Trained(const std::string& name, PairingSettings settings = add, TrainedWeights what = TrainedWeights::all,
                     Dtype dtype = Dtype::f32)
        : large("t5_first"),
          small(load_trainable({.location = TANDEM_SOURCE_DIR "/tests/data/models/" + name},
                               {.dtype = dtype, .trained = what, .low_rank = {.rank = 4}}, at::kCPU, 0, {}, {})
                    .value()),
          pairing(drawn_pairing(large.any(), any(), settings, 3)) {}

    AnyLm any() const {
        if (const auto* decoder = dynamic_cast<const CausalLm*>(small.model.get())) {
            return *decoder;
        }
        return dynamic_cast<const EncoderDecoderLm&>(*small.model);
    }
    std::unique_ptr<TrainStep> step(std::size_t count) {
        auto data = examples(count);
        for (const GuidedExample& example : data) {
            vectors.push_back(pairing.vectors(example.prompt, {}).value());
        }
        return guided_step(pairing, small.parameters, std::move(data),
                           [this](const Batch& batch) {
                               std::vector<at::Tensor> of_batch;
                               for (const std::int64_t example : batch) {
                                   of_batch.push_back(vectors[static_cast<std::size_t>(example)]);
                               }
                               return of_batch;
                           })
            .value();
    }

    LoadedModel large;
    TrainableModel small;
    LlmToSlm pairing;
    std::vector<at::Tensor> vectors;
};

class GuidedTraining : public testing::Test {
protected:
    void SetUp() override {
        place_ = fs::path(testing::TempDir()) /
                 ("guided_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
        fs::remove_all(place_);
    }
    void TearDown() override { fs::remove_all(place_); }

    // Stops after `stop_after` steps of this call; 0: never.
    static Result<TrainingOutcome> run(const fs::path& place, std::int64_t stop_after, const std::string& name,
                                       PairingSettings settings) {
        Trained trained(name, settings);
        const auto step = trained.step(60);
        std::stop_source stop;
        std::int64_t done = 0;
        TrainingHooks hooks;
        hooks.progress = [&](const TrainingProgress&) {
            if (++done == stop_after) {
                stop.request_stop();
            }
        };
        return Trainer(*step, options, {.checkpoints = place, .run = "test", .seed = 4}, hooks).run(stop.get_token());
    }
    static std::string last_bytes(const fs::path& place) {
        const fs::path folder = place / ("step-" + std::to_string(CheckpointFolder(place).steps().front()));
        std::ifstream file(folder / "tensors.safetensors", std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }

    fs::path place_;
};

TEST_F(GuidedTraining, interrupted_at_any_step_it_ends_with_the_same_bytes) {
    CounterRandom random(static_cast<std::uint64_t>(testing::UnitTest::GetInstance()->random_seed()) + 11, 0);
    for (const auto& [name, settings] : {std::pair{"mistral_full", add}, {"t5_first", prepend}}) {
        const auto whole = run(place_ / name / "whole", 0, name, settings);
        ASSERT_TRUE(whole.ok()) << whole.error().to_string();
        ASSERT_GT(whole->steps, 6);
        const fs::path parts = place_ / name / "parts";
        std::int64_t stops = 0;
        for (std::int64_t done = 0; done < whole->steps;) {
            const auto more = static_cast<std::int64_t>(1 + random.below(4));
            const auto part = run(parts, more, name, settings);
            if (part.ok()) {
                break;
            }
            ASSERT_EQ(part.error().code, "CANCELLED") << part.error().to_string();
            done += more;
            ++stops;
        }
        const auto end = run(parts, 0, name, settings);
        ASSERT_TRUE(end.ok()) << end.error().to_string();
        EXPECT_GT(stops, 0);
        EXPECT_EQ(last_bytes(parts), last_bytes(place_ / name / "whole")) << name;
    }
}

TEST_F(GuidedTraining, learns_with_all_with_low_rank_pairs_and_with_the_projector_alone) {
    for (const TrainedWeights what : {TrainedWeights::all, TrainedWeights::low_rank, TrainedWeights::none}) {
        Trained trained("mistral_full", add, what);
        const auto step = trained.step(60);
        EXPECT_EQ(step->parameters().size(), trained.small.parameters.size() + 4);
        std::vector<double> losses;
        TrainingHooks hooks;
        hooks.progress = [&](const TrainingProgress& progress) { losses.push_back(progress.loss); };
        TrainingOptions longer = options;
        longer.epochs = 20;
        const auto outcome = Trainer(*step, longer, {}, hooks).run({});
        ASSERT_TRUE(outcome.ok()) << outcome.error().to_string();
        EXPECT_LT(losses.back(), 0.9 * losses.front()) << static_cast<int>(what);
    }
}

TEST_F(GuidedTraining, bf16_weights_learn_too) {
    Trained trained("mistral_full", add, TrainedWeights::all, Dtype::bf16);
    const auto step = trained.step(60);
    std::vector<double> losses;
    TrainingHooks hooks;
    hooks.progress = [&](const TrainingProgress& progress) { losses.push_back(progress.loss); };
    TrainingOptions longer = options;
    longer.epochs = 12;
    ASSERT_TRUE(Trainer(*step, longer, {}, hooks).run({}).ok());
    EXPECT_LT(losses.back(), 0.9 * losses.front());
}

TEST_F(GuidedTraining, every_trained_number_has_a_gradient_and_the_large_model_none) {
    for (const auto& [name, settings] : {std::pair{"mistral_full", prepend}, {"t5_first", add}}) {
        Trained trained(name, settings);
        const auto step = trained.step(8);
        CounterRandom random(0, 0);
        step->loss_sum({0, 1, 2, 3, 4, 5, 6, 7}, random).backward();
        for (const Parameter& parameter : step->parameters()) {
            ASSERT_TRUE(parameter.value.grad().defined()) << name << " " << parameter.name;
            EXPECT_GT(parameter.value.grad().abs().sum().item<float>(), 0) << name << " " << parameter.name;
        }
        EXPECT_FALSE(trained.vectors.front().requires_grad());
    }
}

TEST_F(GuidedTraining, what_teaches_nothing_is_refused) {
    Trained trained("mistral_full");
    const auto code = [&](std::vector<GuidedExample> data) {
        const auto made = guided_step(trained.pairing, {}, std::move(data),
                                      [](const Batch& /*examples*/) { return std::vector<at::Tensor>(); });
        return made.ok() ? "accepted" : made.error().code;
    };
    auto data = examples(3);
    EXPECT_EQ(code(data), "accepted");
    EXPECT_EQ(code({}), "DATA_EMPTY");
    data[1].target.clear();
    EXPECT_EQ(code(data), "DATA_EMPTY");
    data = examples(3);
    data[2].prompt.alignment.pop_back();
    EXPECT_EQ(code(data), "PAIRING_ALIGNMENT");
}

}  // namespace
}  // namespace tandem::test
