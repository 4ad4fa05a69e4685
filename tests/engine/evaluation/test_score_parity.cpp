// Against sacrebleu 2.6.0 and rouge-score 0.1.2 on the 1,000 pairs of tests/data/make_score_fixtures.py, or on those of
// the folder that TANDEM_TEST_SCORES names. Both sides add in double precision, so that 1e-9 leaves room for the order
// of additions only.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "engine/evaluation/numpy_random.h"
#include "engine/evaluation/porter_stemmer.h"
#include "engine/evaluation/score.h"
#include "engine/evaluation/significance.h"

namespace tandem {
namespace {

using nlohmann::json;

constexpr double tolerance = 1e-9;
// sacreBLEU resamples in single precision.
constexpr double single_tolerance = 2e-4;

json read(const char* name) {
    const char* given = std::getenv("TANDEM_TEST_SCORES");
    const std::filesystem::path folder =
        given != nullptr ? given : std::string(TANDEM_SOURCE_DIR) + "/tests/data/scores";
    std::ifstream file(folder / name);
    EXPECT_TRUE(file) << folder / name;
    return json::parse(file);
}

const json& expected() {
    static const json document = read("expected.json");
    return document;
}

const std::vector<Segment>& segments() {
    static const std::vector<Segment> all = [] {
        std::vector<Segment> pairs;
        for (const json& texts : read("pairs.json")) {
            Segment& pair = pairs.emplace_back();
            pair.hypothesis = texts.at(0).get<std::string>();
            for (std::size_t i = 1; i < texts.size(); ++i) {
                pair.references.push_back(texts.at(i).get<std::string>());
            }
        }
        return pairs;
    }();
    return all;
}

Score scored(const std::string& name, std::span<const Segment> pairs) {
    auto result = score(name, pairs);
    EXPECT_TRUE(result.ok()) << (result ? "" : result.error().to_string());
    return result ? *result : Score{};
}

double value_of_block(const Score& score, std::size_t begin, std::size_t count) {
    std::vector<double> sums(score.rows.width);
    for (std::size_t i = begin; i < std::min(begin + count, score.rows.size()); ++i) {
        for (std::size_t k = 0; k < sums.size(); ++k) {
            sums[k] += score.rows.row(i)[k];
        }
    }
    return score.value_of(sums);
}

TEST(ScoreParity, each_pair_alone_scores_as_the_reference_says) {
    double worst = 0;
    for (const auto& [name, values] : expected().at("sentence").items()) {
        const Score ours = scored(name, segments());
        ASSERT_EQ(values.size(), ours.rows.size());
        for (std::size_t i = 0; i < values.size(); ++i) {
            const double theirs = values.at(i).get<double>();
            worst = std::max(worst, std::abs(ours.segment_value(i) - theirs));
            EXPECT_NEAR(ours.segment_value(i), theirs, tolerance)
                << name << " of pair " << i << "\n  said " << segments()[i].hypothesis << "\n  for  "
                << segments()[i].references[0];
        }
    }
    RecordProperty("largest_difference", std::to_string(worst));
    std::printf("largest difference of a pair: %.3g\n", worst);
}

TEST(ScoreParity, every_option_scores_blocks_and_the_whole_as_the_reference_says) {
    std::vector<Segment> first = segments();
    for (Segment& pair : first) {
        pair.references.resize(1);
    }
    double worst = 0;
    const auto near = [&](double ours, double theirs, const std::string& what) {
        worst = std::max(worst, std::abs(ours - theirs));
        EXPECT_NEAR(ours, theirs, tolerance) << what;
    };
    const auto block = expected().at("block").get<std::size_t>();
    for (const auto& [name, values] : expected().at("corpus").items()) {
        const Score ours = scored(name, segments());
        near(ours.value, values.at("whole"), name);
        for (std::size_t i = 0; i < values.at("blocks").size(); ++i) {
            near(value_of_block(ours, i * block, block), values.at("blocks").at(i),
                 name + " of block " + std::to_string(i));
        }
        const Score with_one = scored(name, first);
        near(with_one.value, values.at("first"), name + " with one reference");
        if (values.at("signature") != "") {
            EXPECT_EQ(ours.signature, values.at("signature")) << name;
            EXPECT_EQ(with_one.signature, values.at("first_signature")) << name;
        }
    }
    std::printf("largest difference of a corpus: %.3g\n", worst);
}

TEST(ScoreParity, random_numbers_are_those_of_numpy) {
    for (const json& stream : expected().at("random")) {
        scores::NumpyRandom random(std::stoull(stream.at("seed").get<std::string>()));
        for (const json& draws : stream.at("draws")) {
            for (const json& number : draws.at(1)) {
                EXPECT_EQ(random.below(draws.at(0).get<std::uint32_t>()), number.get<std::uint32_t>())
                    << stream.at("seed") << " below " << draws.at(0);
            }
        }
        scores::NumpyCoin coin(random);
        for (const char side : stream.at("coins").get<std::string>()) {
            EXPECT_EQ(coin.throw_once(), side == '1') << stream.at("seed");
        }
    }
}

TEST(ScoreParity, paired_tests_give_the_p_values_of_sacrebleu) {
    for (const json& test : expected().at("paired")) {
        const auto count = test.at("count").get<std::size_t>();
        std::vector<Segment> baseline(segments().begin(), segments().begin() + static_cast<std::ptrdiff_t>(count));
        std::vector<Segment> system = baseline;
        for (std::size_t i = 0; i < count; i += 3) {
            system[i].hypothesis = system[i].references[0];
        }
        for (const auto& [name, values] : test.at("scores").items()) {
            const Score first = scored(name, baseline), second = scored(name, system);
            const auto bootstrapped = paired_bootstrap(first, second, {.samples = 500, .seed = 12345});
            ASSERT_TRUE(bootstrapped.ok());
            const json& theirs = values.at("bs");
            EXPECT_EQ(bootstrapped->p, theirs.at("p")) << name << " of " << count;
            EXPECT_EQ(bootstrapped->signature, theirs.at("signature"));
            EXPECT_NEAR(bootstrapped->baseline.mean, theirs.at("means").at(0), single_tolerance);
            EXPECT_NEAR(bootstrapped->system.mean, theirs.at("means").at(1), single_tolerance);
            EXPECT_NEAR(bootstrapped->baseline.half_width, theirs.at("widths").at(0), single_tolerance);
            EXPECT_NEAR(bootstrapped->system.half_width, theirs.at("widths").at(1), single_tolerance);
            const auto swapped = paired_randomisation(first, second, {.samples = 500, .seed = 12345});
            ASSERT_TRUE(swapped.ok());
            EXPECT_EQ(swapped->p, values.at("ar").at("p")) << name << " of " << count;
            EXPECT_EQ(swapped->signature, values.at("ar").at("signature"));
        }
        const auto interval = bootstrap(scored("rougeL", baseline), {});
        ASSERT_TRUE(interval.ok());
        EXPECT_NEAR(interval->low, test.at("rougeL").at(0), tolerance);
        EXPECT_NEAR(interval->high, test.at("rougeL").at(2), tolerance);
    }
}

TEST(ScoreParity, mcnemar_is_the_exact_binomial_test) {
    for (const json& row : expected().at("mcnemar")) {
        const double theirs = row.at(2).get<double>();
        EXPECT_NEAR(mcnemar_exact(row.at(0), row.at(1)), theirs, 1e-9 * theirs) << row.at(0) << " and " << row.at(1);
    }
}

TEST(ScoreParity, stems_are_those_of_nltk) {
    std::istringstream words(expected().at("stems").get<std::string>());
    std::size_t count = 0;
    for (std::string word; words >> word; ++count) {
        const std::size_t colon = word.find(':');
        EXPECT_EQ(scores::porter_stem(word.substr(0, colon)), word.substr(colon + 1)) << word;
    }
    EXPECT_GT(count, 300U);
}

}  // namespace
}  // namespace tandem
