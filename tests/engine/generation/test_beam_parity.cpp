// Reference: transformers 5.17.0's generate() with beams, by tests/data/make_beam_fixtures.py: every token of every
// case. Cases in which rounding decides are not in the fixtures.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/engine/pairing/pairing_support.h"
#include "tests/support/stepping_clock.h"
#include "tests/support/temporary_folder.h"

namespace tandem {
namespace {

using nlohmann::json;

constexpr std::int64_t new_tokens = 12;

GenerationOptions options_of(const json& c) {
    return {.max_new_tokens = c.value("max_new_tokens", new_tokens),
            .min_new_tokens = c.value("min_new_tokens", std::int64_t{0}),
            .repetition_penalty = c.value("repetition_penalty", 1.0),
            .beams = c["beams"].get<std::int64_t>(),
            .length_penalty = c.value("length_penalty", 1.0),
            .early_stopping = c.value("early_stopping", false)};
}

TEST(BeamParity, every_case_gives_the_tokens_of_transformers) {
    const json groups = json::parse(test::read_file(TANDEM_SOURCE_DIR "/tests/data/beams/cases.json"));
    ASSERT_GE(groups.size(), 32U);
    std::size_t cases = 0;
    std::size_t not_greedy = 0;
    for (const json& group : groups) {
        const test::LoadedModel loaded(group["model"].get<std::string>());
        const AnyLm model = loaded.any();
        const auto prompt = group["prompt"].get<std::vector<TokenId>>();
        const auto ends = group["ends"].get<std::vector<TokenId>>();
        KvCache cache =
            KvCache::create(model.cache_shape(slots_needed(model.shape(), std::ssize(prompt), new_tokens)), at::kCPU)
                .value();
        const auto answer = [&](const GenerationOptions& options) {
            const test::SteppingClock clock;
            test::Silent listener;
            // Chunks of three: where a prompt is cut does not matter.
            return generate(model, cache, {.prompt = prompt, .options = options, .end_ids = ends, .prefill_chunk = 3},
                            nullptr, clock, listener, {});
        };
        for (const json& c : group["cases"]) {
            GenerationOptions options = options_of(c);
            const auto found = answer(options);
            ASSERT_TRUE(found.ok()) << found.error().to_string();
            const auto expected = c["tokens"].get<std::vector<TokenId>>();
            EXPECT_EQ(found->tokens, expected) << group["model"] << " " << group["ends"] << " " << c.dump();
            const bool ended = std::ranges::find(ends, expected.back()) != ends.end();
            EXPECT_EQ(found->reason, ended ? StopReason::eos : StopReason::length);
            options.beams = 1;
            not_greedy += answer(options)->tokens == expected ? 0 : 1;
            ++cases;
        }
    }
    EXPECT_GE(cases, 800U);
    EXPECT_GE(not_greedy, cases / 2) << "the cases would not show a search that does nothing";
}

}  // namespace
}  // namespace tandem
