// Kept vectors come back as the format rounds them, only for what they were made of, and never damaged; a large model
// reads each prompt once, whoever asks.
#include "engine/pairing/vector_cache.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "tests/engine/pairing/pairing_support.h"

namespace tandem::test {
namespace {

namespace fs = std::filesystem;

class KeptVectorsTest : public testing::Test {
protected:
    void SetUp() override {
        place_ = fs::path(testing::TempDir()) /
                 ("vectors_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
        fs::remove_all(place_);
    }
    void TearDown() override { fs::remove_all(place_); }

    std::int64_t make(VectorCache format, const std::string& model = "sum", std::stop_token stop = {}) const {
        const KeptVectors kept(pairing_, VectorFolder(place_, format, vector_maker(pairing_, model, Dtype::f32)));
        std::vector<const GuidedPrompt*> all;
        for (const GuidedPrompt& prompt : prompts_) {
            all.push_back(&prompt);
        }
        std::int64_t told = 0;
        const auto made = kept.make(
            all, [&](std::int64_t done) { told = done; }, stop);
        EXPECT_EQ(told, made.ok() ? 3 : 0);
        return made.ok() ? *made : -1;
    }
    VectorFolder folder(VectorCache format = VectorCache::f32) const {
        return {place_, format, vector_maker(pairing_, "sum", Dtype::f32)};
    }

    fs::path place_;
    LoadedModel large_{"gpt2_tied"};
    LoadedModel small_{"llama_biases"};
    LlmToSlm pairing_ = drawn_pairing(large_.any(), small_.any(), {}, 1);
    std::vector<GuidedPrompt> prompts_{{.small = {5, 9}, .large = {3, 8, 6}, .alignment = {{0, 1}, {1, 3}}},
                                       {.small = {5, 9}, .large = {3, 8, 6}, .alignment = {{0, 2}, {2, 3}}},
                                       {.small = {4}, .large = {7, 2}, .alignment = {{0, 2}}}};
};

TEST_F(KeptVectorsTest, the_large_model_reads_each_prompt_once) {
    for (const VectorCache format : {VectorCache::f32, VectorCache::f16, VectorCache::int8}) {
        EXPECT_EQ(make(format), 3);
        EXPECT_EQ(make(format), 0) << "the next epoch, or the next trial";
    }
    EXPECT_EQ(make(VectorCache::f32, "another sum"), 3);
}

TEST_F(KeptVectorsTest, the_room_that_all_will_take_is_known_and_asked_for_before) {
    for (const VectorCache format : {VectorCache::f32, VectorCache::f16, VectorCache::int8}) {
        const KeptVectors kept(pairing_, folder(format));
        std::vector<const GuidedPrompt*> all;
        for (const GuidedPrompt& prompt : prompts_) {
            all.push_back(&prompt);
        }
        const std::int64_t expected = kept.missing_bytes(all);
        ASSERT_EQ(make(format), 3);
        std::int64_t found = 0;
        for (const GuidedPrompt* prompt : all) {
            found += static_cast<std::int64_t>(fs::file_size(folder(format).file_of(*prompt)));
        }
        EXPECT_EQ(found, expected) << enum_name(format);
        EXPECT_EQ(kept.missing_bytes(all), 0);
    }
    const auto refused = folder().check_room(std::int64_t{1} << 60);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, "FILE_DISK_FULL");
    EXPECT_TRUE(folder().check_room(0).ok());
}

TEST_F(KeptVectorsTest, come_back_as_near_as_their_format) {
    for (const auto& [format, share] :
         {std::pair{VectorCache::f32, 0.0}, {VectorCache::f16, 1e-3}, {VectorCache::int8, 1.0 / 250}}) {
        make(format);
        for (const GuidedPrompt& prompt : prompts_) {
            const at::Tensor own = pairing_.vectors(prompt, {}).value();
            const at::Tensor kept = folder(format).read(prompt).value();
            const at::Tensor allowed = own.abs().amax({1}, true) * share;
            EXPECT_TRUE(((kept - own).abs() <= allowed).all().item<bool>()) << enum_name(format);
        }
    }
}

TEST_F(KeptVectorsTest, numbers_beyond_half_precision_stay_finite) {
    const at::Tensor wide = at::tensor({1e6F, -3.0F, 2e5F, 0.0F}).view({2, 2});
    ASSERT_TRUE(folder(VectorCache::f16).write(prompts_[0], wide).ok());
    EXPECT_TRUE(at::allclose(folder(VectorCache::f16).read(prompts_[0]).value(), wide, 1e-3, 1e-2));
    ASSERT_TRUE(folder(VectorCache::int8).write(prompts_[0], at::zeros({2, 2})).ok());
    EXPECT_TRUE(folder(VectorCache::int8).read(prompts_[0])->equal(at::zeros({2, 2})));
}

TEST_F(KeptVectorsTest, one_huge_number_leaves_those_of_other_blocks_as_they_are) {
    at::Tensor states = at::linspace(-1, 1, 2 * 70).view({2, 70});
    states.select(1, 3).fill_(1e4);
    ASSERT_TRUE(folder(VectorCache::int8).write(prompts_[0], states).ok());
    const at::Tensor kept = folder(VectorCache::int8).read(prompts_[0]).value();
    EXPECT_LT((kept - states).narrow(1, 32, 38).abs().max().item<float>(), 1.0F / 200);
    EXPECT_NEAR(kept[0][3].item<float>(), 1e4F, 1);
}

TEST_F(KeptVectorsTest, damaged_ones_are_made_again) {
    make(VectorCache::f32);
    const fs::path file = folder().file_of(prompts_[0]);
    const auto whole = folder().read(prompts_[0]).value();
    const auto size = static_cast<std::int64_t>(fs::file_size(file));
    const KeptVectors kept(pairing_, folder());
    for (std::int64_t at = 0; at < size; at += 7) {
        {
            std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
            stream.seekg(at);
            const char byte = static_cast<char>(stream.get());
            stream.seekp(at);
            stream.put(static_cast<char>(byte ^ 1));
        }
        ASSERT_FALSE(folder().read(prompts_[0])) << at;
        EXPECT_TRUE(kept.of(prompts_[0]).equal(whole));
        ASSERT_TRUE(folder().read(prompts_[0]));
    }
    for (const std::int64_t left : {std::int64_t{0}, std::int64_t{40}, size - 1}) {
        fs::resize_file(file, static_cast<std::uintmax_t>(left));
        ASSERT_FALSE(folder().read(prompts_[0])) << left;
        EXPECT_EQ(make(VectorCache::f32), 1);
    }
    fs::copy_file(folder().file_of(prompts_[1]), file, fs::copy_options::overwrite_existing);
    EXPECT_FALSE(folder().read(prompts_[0])) << "another prompt's";
}

TEST_F(KeptVectorsTest, a_pairing_can_be_given_them) {
    const KeptVectors kept(pairing_, folder());
    int read = 0;
    const LlmToSlm given = pairing_.with_vectors([&](const GuidedPrompt& prompt, const std::stop_token&) {
        ++read;
        return kept.of(prompt);
    });
    for (const GuidedPrompt& prompt : prompts_) {
        KvCache one = KvCache::create(small_.any().cache_shape(8), at::kCPU).value();
        KvCache other = KvCache::create(small_.any().cache_shape(8), at::kCPU).value();
        EXPECT_TRUE(given.decoding(prompt, one)->read({}, {})->equal(*pairing_.decoding(prompt, other)->read({}, {})));
    }
    EXPECT_EQ(read, 3);
}

TEST_F(KeptVectorsTest, a_stop_keeps_what_was_made) {
    std::stop_source stop;
    stop.request_stop();
    EXPECT_EQ(make(VectorCache::f32, "sum", stop.get_token()), -1);
    EXPECT_EQ(make(VectorCache::f32), 3);
}

}  // namespace
}  // namespace tandem::test
