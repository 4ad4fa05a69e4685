// A checkpoint comes back bit by bit, and a damaged one is passed over and says so.
#include <ATen/ATen.h>

#include <fstream>

#include "engine/training/checkpoint.h"
#include "tests/engine/training/training_support.h"

namespace tandem::test {
namespace {

namespace fs = std::filesystem;

class Checkpoint : public testing::Test {
protected:
    void SetUp() override {
        place_ = fs::path(testing::TempDir()) /
                 ("ckpt_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
        fs::remove_all(place_);
    }
    void TearDown() override { fs::remove_all(place_); }

    static TrainingState state_at(std::int64_t step) {
        TrainingState state{.run = "r", .step = step, .epoch = 2, .batch = 5, .seed = ~0ULL, .best_score = 0.1 + 0.2};
        state.tensors["parameter.a"] = at::rand({3, 5}) + step;
        state.tensors["parameter.b"] = at::rand({7}).to(at::kBFloat16);
        state.tensors["counts"] = at::arange(3, at::kLong);
        return state;
    }

    fs::path place_;
};

TEST_F(Checkpoint, comes_back_bit_by_bit) {
    const CheckpointFolder folder(place_);
    const TrainingState state = state_at(12);
    ASSERT_TRUE(folder.write(state, 2).ok());
    const auto restored = folder.newest("r");
    ASSERT_TRUE(restored.ok()) << restored.error().to_string();
    EXPECT_TRUE(restored->notes.empty());
    EXPECT_EQ(restored->state.seed, ~0ULL);
    EXPECT_EQ(restored->state.best_score, 0.1 + 0.2);
    EXPECT_EQ(restored->state.batch, 5);
    for (const auto& [name, tensor] : state.tensors) {
        EXPECT_TRUE(at::equal(tensor, restored->state.tensors.at(name))) << name;
    }
    EXPECT_EQ(folder.newest("another").error().code, "CKPT_OTHER_RUN");
}

TEST_F(Checkpoint, figures_come_back_and_damage_to_them_costs_nothing_else) {
    const CheckpointFolder folder(place_);
    TrainingState state = state_at(3);
    for (const std::int64_t step : {1, 2, 3, 3}) {
        state.history.add("train_loss", step, 1.0 / static_cast<double>(step + 2));
    }
    state.history.add("validation_loss", 3, 0.1 + 0.2);
    ASSERT_TRUE(folder.write(state, 2).ok());
    const auto whole = folder.newest("r");
    ASSERT_TRUE(whole.ok()) << whole.error().to_string();
    EXPECT_TRUE(whole->notes.empty());
    EXPECT_EQ(whole->state.history.series.at("train_loss").steps, (std::vector<std::int64_t>{1, 2, 3}));
    EXPECT_EQ(whole->state.history.series.at("train_loss").values[2], 0.2);
    EXPECT_EQ(whole->state.history.series.at("validation_loss").values, (std::vector<double>{0.1 + 0.2}));

    fs::resize_file(place_ / "step-3" / "history.safetensors", 20);
    const auto cut = folder.newest("r");
    ASSERT_TRUE(cut.ok()) << cut.error().to_string();
    EXPECT_EQ(cut->state.step, 3);
    EXPECT_TRUE(cut->state.history.series.empty());
    ASSERT_EQ(cut->notes.size(), 1U);
    EXPECT_TRUE(cut->notes[0].starts_with("CKPT_DAMAGED: the figures up to step 3 are lost")) << cut->notes[0];
}

TEST_F(Checkpoint, the_newest_and_the_best_are_kept) {
    const CheckpointFolder folder(place_);
    for (std::int64_t step = 1; step <= 6; ++step) {
        TrainingState state = state_at(step);
        state.best_step = step >= 2 ? 2 : -1;
        ASSERT_TRUE(folder.write(state, 2).ok());
    }
    EXPECT_EQ(folder.steps(), (std::vector<std::int64_t>{6, 5, 2}));
}

TEST_F(Checkpoint, any_damage_to_the_newest_falls_back_to_the_one_before_and_says_so) {
    const CheckpointFolder folder(place_);
    const TrainingState before = state_at(3);
    for (const std::string name : {"tensors.safetensors", "state.json", "manifest.json"}) {
        for (const std::string damage : {"cut", "flip", "gone", "empty"}) {
            fs::remove_all(place_);
            ASSERT_TRUE(folder.write(before, 2).ok());
            ASSERT_TRUE(folder.write(state_at(4), 2).ok());
            const fs::path file = place_ / "step-4" / name;
            if (damage == "cut") {
                fs::resize_file(file, fs::file_size(file) / 2);
            } else if (damage == "empty") {
                fs::resize_file(file, 0);
            } else if (damage == "gone") {
                fs::remove(file);
            } else {
                std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
                bytes.seekp(static_cast<std::streamoff>(fs::file_size(file)) - 9);
                const int byte = bytes.peek();
                bytes.put(static_cast<char>(byte ^ 1));
            }
            const auto restored = folder.newest("r");
            ASSERT_TRUE(restored.ok()) << name << " " << damage << ": " << restored.error().to_string();
            EXPECT_EQ(restored->state.step, 3) << name << " " << damage;
            ASSERT_EQ(restored->notes.size(), 1U);
            EXPECT_NE(restored->notes[0].find("step 4"), std::string::npos);
            EXPECT_TRUE(at::equal(restored->state.tensors.at("parameter.a"), before.tensors.at("parameter.a")));
            // The step can be written again over what was damaged.
            ASSERT_TRUE(folder.write(state_at(4), 2).ok());
            EXPECT_EQ(folder.newest("r")->state.step, 4);
        }
    }
}

TEST_F(Checkpoint, none_and_only_damaged_ones_are_told_apart) {
    const CheckpointFolder folder(place_);
    EXPECT_EQ(folder.newest("r").error().code, "CKPT_NONE");
    ASSERT_TRUE(folder.write(state_at(1), 2).ok());
    fs::remove(place_ / "step-1" / "state.json");
    EXPECT_EQ(folder.newest("r").error().code, "CKPT_DAMAGED");
}

TEST_F(Checkpoint, a_place_that_no_training_reaches_is_damage) {
    const CheckpointFolder folder(place_);
    TrainingState state = state_at(3);
    state.batch = -1;
    ASSERT_TRUE(folder.write(state, 2).ok());
    EXPECT_EQ(folder.newest("r").error().code, "CKPT_DAMAGED");
    ASSERT_TRUE(folder.write(state_at(4), 2).ok());
    EXPECT_EQ(folder.newest("r")->state.step, 4);
    fs::rename(place_ / "step-4", place_ / "step-9");
    EXPECT_EQ(folder.newest("r").error().code, "CKPT_DAMAGED");
}

}  // namespace
}  // namespace tandem::test
