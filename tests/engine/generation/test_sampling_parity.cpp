// Reference: transformers 5.17.0's logits processors, by tests/data/make_sampling_fixtures.py. Both sides compute in
// f32, so probabilities agree to a few units of 1e-7.
#include <gtest/gtest.h>

#include <cstring>
#include <iterator>
#include <nlohmann/json.hpp>

#include "engine/generation/sampler.h"
#include "tests/support/temporary_folder.h"

namespace tandem {
namespace {

std::string read(const std::string& name) {
    return test::read_file(TANDEM_SOURCE_DIR "/tests/data/sampling/" + name);
}

std::vector<float> floats(std::string_view bytes) {
    std::vector<float> values(bytes.size() / sizeof(float));
    std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
    return values;
}

TEST(SamplingParity, every_case_gives_the_probabilities_of_transformers) {
    const auto fixtures = nlohmann::json::parse(read("cases.json"));
    const std::string numbers = read("numbers.f32");
    const auto vocab = fixtures["vocab"].get<std::size_t>();
    const std::size_t bytes = vocab * sizeof(float);
    ASSERT_GE(fixtures["cases"].size(), 80u);
    ASSERT_EQ(numbers.size(), fixtures["cases"].size() * 2 * bytes);

    std::size_t offset = 0;
    for (const auto& c : fixtures["cases"]) {
        const GenerationOptions options{.min_new_tokens = c.value("min_new_tokens", std::int64_t{0}),
                                        .greedy = false,
                                        .temperature = c.value("temperature", 1.0),
                                        .top_k = c.value("top_k", std::int64_t{0}),
                                        .top_p = c.value("top_p", 1.0),
                                        .min_p = c.value("min_p", 0.0),
                                        .repetition_penalty = c.value("repetition_penalty", 1.0)};
        auto sampler = Sampler::create(options, fixtures["end_ids"].get<std::vector<TokenId>>(), Random(1));
        ASSERT_TRUE(sampler.ok());
        const auto answered = c.value("answered", TokenId{0});
        for (const TokenId id : fixtures["prompt"].get<std::vector<TokenId>>()) {
            sampler->see(id);
        }
        for (TokenId i = 0; i < answered; ++i) {
            sampler->see(100 + i);
        }
        const std::vector<float> logits = floats(std::string_view(numbers).substr(offset, bytes));
        const std::vector<float> expected = floats(std::string_view(numbers).substr(offset + bytes, bytes));
        offset += 2 * bytes;

        const auto kept = sampler->distribution(logits, answered);
        ASSERT_TRUE(kept.ok()) << c;
        double total = 0;
        for (const Candidate& candidate : *kept) {
            total += candidate.weight;
        }
        std::vector<double> probabilities(vocab);
        for (const Candidate& candidate : *kept) {
            probabilities[static_cast<std::size_t>(candidate.id)] = candidate.weight / total;
        }
        for (std::size_t i = 0; i < vocab; ++i) {
            ASSERT_NEAR(probabilities[i], static_cast<double>(expected[i]), 1e-6) << c << " at token " << i;
            ASSERT_EQ(probabilities[i] == 0, expected[i] == 0) << c << " at token " << i;
        }
    }
}

}  // namespace
}  // namespace tandem
