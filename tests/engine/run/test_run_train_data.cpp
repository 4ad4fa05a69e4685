// What is learned from a file: the longest beginning of each source that both models can read, whole characters, and a
// reason where nothing fits.
#include "engine/run_train_data.h"

#include <gtest/gtest.h>

#include "tests/engine/run/train_support.h"

namespace tandem::test {
namespace {

class LearningSets : public ::testing::Test {
protected:
    PreparedSystem system(PairingMethod method, const std::string& reads = "t5_first") {
        Pairing pairing{.method = method};
        pairing.model = {.name = "small", .location = model_of_letters(folder_ / "models", "mistral_full", 2)};
        pairing.partner = {.name = "large", .location = model_of_letters(folder_ / "models", reads, 1)};
        return prepare_system(pairing, {.chat = false, .system = "", .prompt = "q: {source}", .partner_prompt = frame_})
            .value();
    }
    Result<LearningSet> learn(const PreparedSystem& system, const std::string& source, const std::string& target) {
        const DataFile file{.path = (folder_ / "pairs.jsonl").string(), .split = {}, .sha256 = {}};
        return learning_set({.file = file, .pairs = {{.source = source, .target = target, .line = 1}}, .labels = {}},
                            workload_, system, [](std::size_t, std::size_t) {}, {});
    }

    TemporaryFolder folder_;
    TrainWorkload workload_;
    std::string frame_ = "{prompt}";
};

TEST_F(LearningSets, a_long_source_is_cut_to_the_last_token_that_fits_into_the_context_with_its_target) {
    const auto set = learn(system(PairingMethod::single), std::string(300, 'a'), "bb");
    ASSERT_TRUE(set.ok()) << set.error().to_string();
    EXPECT_EQ(set->cut, 1);
    EXPECT_EQ(set->examples[0].target.size(), 3U) << "with its end of text";
    EXPECT_EQ(set->examples[0].prompt.small.size() + 3, 64U) << "the model's context";
    EXPECT_EQ(set->pairs[0].source.size() + 3, set->examples[0].prompt.small.size()) << "a letter is a token";
}

TEST_F(LearningSets, a_source_is_cut_to_what_the_large_model_can_read_in_its_frame) {
    frame_ = std::string(40, 'c') + "{prompt}";
    const auto set = learn(system(PairingMethod::llm_to_slm, "llama_biases"), std::string(300, 'a'), "bb");
    ASSERT_TRUE(set.ok()) << set.error().to_string();
    EXPECT_EQ(set->examples[0].prompt.large.size(), 64U);
    EXPECT_EQ(set->examples[0].prompt.small.size(), 24U);
    EXPECT_EQ(set->examples[0].prompt.alignment.back().behind, 64);
}

TEST_F(LearningSets, no_character_is_cut_in_two) {
    workload_.max_source_tokens = 10;
    std::string source;
    for (int i = 0; i < 30; ++i) {
        source += "\xE2\x82\xAC";  // a euro sign, unknown to these models: one token
    }
    const auto set = learn(system(PairingMethod::single), source, "b");
    ASSERT_TRUE(set.ok()) << set.error().to_string();
    EXPECT_EQ(set->pairs[0].source.size() % 3, 0U);
    EXPECT_LE(set->examples[0].prompt.small.size(), 10U);
    EXPECT_FALSE(set->pairs[0].source.empty());
}

TEST_F(LearningSets, a_target_that_fills_the_context_is_refused_as_the_cause) {
    const auto set = learn(system(PairingMethod::single), "ab", std::string(100, 'b'));
    ASSERT_FALSE(set.ok());
    EXPECT_EQ(set.error().code, "DATA_TOO_LONG");
    EXPECT_NE(set.error().message.find("101 positions"), std::string::npos) << set.error().message;
    EXPECT_NE(set.error().message.find("lower max_target_tokens"), std::string::npos) << set.error().message;
    EXPECT_NE(set.error().where.find("pairs.jsonl:1"), std::string::npos) << set.error().where;
    workload_.max_target_tokens = 20;
    const auto cut = learn(system(PairingMethod::single), "ab", std::string(100, 'b'));
    ASSERT_TRUE(cut.ok()) << cut.error().to_string();
    EXPECT_EQ(cut->examples[0].target.size(), 21U) << "20 and the end of text";
    EXPECT_EQ(cut->examples[0].target.back(), 2);
}

TEST_F(LearningSets, what_stands_around_the_source_is_refused_as_the_cause) {
    workload_.max_source_tokens = 2;
    const auto set = learn(system(PairingMethod::single), "ab", "b");
    ASSERT_FALSE(set.ok());
    EXPECT_EQ(set.error().code, "DATA_TOO_LONG");
    EXPECT_NE(set.error().message.find("around the source"), std::string::npos) << set.error().message;
}

TEST_F(LearningSets, a_target_without_text_is_an_end_of_text) {
    const auto set = learn(system(PairingMethod::single), "ab", "");
    ASSERT_TRUE(set.ok()) << set.error().to_string();
    EXPECT_EQ(set->examples[0].target, std::vector<TokenId>{2});
}

}  // namespace
}  // namespace tandem::test
