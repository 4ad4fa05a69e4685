// Beams of every language model of tests/data/models: each is what it would be if it had been decoded alone, however
// the beams change places. Where marks of padding, recurrent states or positions did not move with them, it shows.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "engine/generation/beam_decoding.h"
#include "tests/engine/pairing/pairing_support.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> language_models() {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(TANDEM_SOURCE_DIR "/tests/data/models")) {
        const std::string name = entry.path().filename();
        const bool sees = name.starts_with("clip") || name.starts_with("dinov2") || name.starts_with("siglip") ||
                          name.starts_with("vit");
        if (!sees) {
            names.push_back(name);
        }
    }
    std::ranges::sort(names);
    return names;
}

struct Step {
    std::vector<TokenId> ids;
    std::vector<std::int64_t> rows;
};

class Beams : public testing::TestWithParam<std::string> {
protected:
    const std::vector<TokenId> prompt{5, 9, 4, 12, 7};
    const test::LoadedModel loaded{GetParam()};
    const AnyLm model = loaded.any();

    KvCache cache() const { return KvCache::create(model.cache_shape(12), at::kCPU).value(); }

    at::Tensor alone(const std::vector<TokenId>& answer) const {
        KvCache own = cache();
        const auto decoding = model.decoding(own, 2);
        at::Tensor logits = decoding->read(prompt, {}).value();
        for (const TokenId id : answer) {
            logits = decoding->next(id);
        }
        return logits;
    }
};

TEST_P(Beams, each_is_what_it_would_be_alone) {
    // 0 and 1 are the padding of some of them.
    const std::vector<Step> steps{{{3, 0, 1}, {0, 0, 0}},
                                  {{6, 2, 8}, {2, 0, 1}},
                                  {{4, 1, 7}, {1, 1, 0}},
                                  {{9, 5, 3}, {0, 1, 2}},
                                  {{3, 6, 2}, {2, 2, 1}}};
    KvCache one = cache();
    const auto decoding = model.decoding(one, 2);
    ASSERT_TRUE(decoding->read(prompt, {}).has_value());
    auto beams = decoding->beams(3);
    ASSERT_TRUE(beams.ok()) << beams.error().to_string();
    std::vector<std::vector<TokenId>> answers(3);
    for (const Step& step : steps) {
        std::vector<std::vector<TokenId>> next;
        for (std::size_t i = 0; i < 3; ++i) {
            next.push_back(answers[static_cast<std::size_t>(step.rows[i])]);
            next.back().push_back(step.ids[i]);
        }
        answers = std::move(next);
        const at::Tensor logits = beams->next(step.ids, step.rows);
        for (std::size_t i = 0; i < 3; ++i) {
            const at::Tensor expected = alone(answers[i]);
            const double difference = (logits[static_cast<std::int64_t>(i)] - expected).abs().max().item<double>();
            EXPECT_LE(difference, 1e-4 * expected.abs().max().item<double>()) << "beam " << i;
        }
    }
    // The one they came from has not moved.
    const at::Tensor after = decoding->next(6);
    EXPECT_LE((after - alone({6})).abs().max().item<double>(), 1e-4 * after.abs().max().item<double>());
}

INSTANTIATE_TEST_SUITE_P(All, Beams, testing::ValuesIn(language_models()), [](const auto& name) { return name.param; });

}  // namespace
}  // namespace tandem
