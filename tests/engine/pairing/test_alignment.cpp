// Alignment by bytes: examples by hand, and every promise of the header on random ways of cutting a text, against the
// definition written out.
#include "engine/pairing/alignment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/generation/prompt.h"
#include "engine/generation/random.h"
#include "engine/pairing/guided_prompt.h"
#include "engine/tokenizer/json_reader.h"
#include "tests/support/fake_tokenizer.h"
#include "tests/support/temporary_folder.h"

namespace tandem {
namespace {

using Spans = std::vector<ByteSpan>;
using Ranges = std::vector<PositionRange>;

TEST(Alignment, a_token_has_all_that_overlap_it) {
    const Spans large{{0, 4}, {4, 6}, {6, 11}};
    EXPECT_EQ(align(Spans{{0, 5}, {5, 6}, {6, 8}, {8, 11}}, large), (Ranges{{0, 2}, {1, 2}, {2, 3}, {2, 3}}));
}

TEST(Alignment, a_token_without_text_has_the_nearest_before_it_or_the_first) {
    // <s> at the front, a gap of white space at 4 that the large model drops, </s> behind
    const Spans large{{0, 4}, {5, 9}, {9, 9}};
    EXPECT_EQ(align(Spans{{0, 0}, {0, 4}, {4, 5}, {5, 9}, {9, 9}}, large),
              (Ranges{{0, 1}, {0, 1}, {0, 1}, {1, 2}, {2, 3}}));
    EXPECT_EQ(align(Spans{{0, 0}}, Spans{{0, 0}, {0, 3}}), (Ranges{{0, 1}}));
}

TEST(Alignment, spans_of_a_wrapped_text_are_moved_into_it) {
    const Spans wrapped{{0, 3}, {3, 7}, {7, 9}, {9, 12}};
    EXPECT_EQ(within(wrapped, 4, 4), (Spans{{0, 0}, {0, 3}, {3, 4}, {4, 4}}));
    EXPECT_EQ(within(wrapped, 0, 12), wrapped);
}

PositionRange by_definition(const ByteSpan& token, const Spans& source) {
    std::int32_t first = -1;
    std::int32_t last = -1;
    std::int32_t before = -1;
    for (std::int32_t i = 0; i < static_cast<std::int32_t>(source.size()); ++i) {
        const ByteSpan& other = source[static_cast<std::size_t>(i)];
        bool shares = false;
        for (std::size_t byte = token.first; byte < token.last; ++byte) {
            shares = shares || (byte >= other.first && byte < other.last);
        }
        if (shares) {
            first = first < 0 ? i : first;
            last = i;
        }
        if (other.last <= token.first) {
            before = i;
        }
    }
    return first >= 0 ? PositionRange{first, last + 1} : PositionRange{std::max(before, 0), std::max(before, 0) + 1};
}

// A text of `size` bytes cut into tokens: some without text, gaps, and neighbours that share bytes of a character.
Spans random_cut(Random& random, std::size_t size) {
    Spans spans;
    for (std::size_t at = 0; at < size;) {
        if (random.below(6) == 0) {
            spans.push_back({at, at});
        }
        const std::size_t end = std::min(size, at + 1 + random.below(5));
        if (random.below(5) != 0) {
            spans.push_back({at, end});
        }
        at = random.below(7) == 0 && end > at + 1 ? end - 1 : end;
    }
    spans.push_back({size, size});
    return spans;
}

TEST(Alignment, is_its_definition_on_random_cuts) {
    Random random(7);
    for (int round = 0; round < 3000; ++round) {
        const std::size_t size = random.below(60);
        const Spans small = random_cut(random, size);
        const Spans large = random_cut(random, size);
        const Ranges found = align(small, large);
        ASSERT_EQ(found.size(), small.size());
        for (std::size_t i = 0; i < small.size(); ++i) {
            ASSERT_EQ(found[i], by_definition(small[i], large)) << "round " << round << " token " << i;
        }
    }
}

TEST(Alignment, is_its_definition_where_spans_do_not_run_forward) {
    Random random(8);
    for (int round = 0; round < 500; ++round) {
        Spans small = random_cut(random, 30);
        Spans large = random_cut(random, 30);
        std::swap(large[random.below(large.size())], large[random.below(large.size())]);
        const Ranges found = align(small, large);
        for (std::size_t i = 0; i < small.size(); ++i) {
            ASSERT_EQ(found[i], by_definition(small[i], large)) << "round " << round << " token " << i;
        }
    }
}

// Every pair of the tokenizers of kinds.json on lines of many scripts.
TEST(Alignment, is_its_definition_for_real_tokenizers_and_covers_the_text_that_both_say) {
    const auto read = [](const std::string& name) {
        return nlohmann::ordered_json::parse(test::read_file(TANDEM_SOURCE_DIR "/tests/data/tokenizer/" + name));
    };
    std::vector<std::shared_ptr<const Tokenizer>> tokenizers;
    const auto kinds = read("kinds.json");
    const auto lines = read("offsets.json")["lines"];
    for (const auto& [name, tree] : kinds.items()) {
        tokenizers.push_back(tokenizer_from_json(tree.dump(), name).value());
    }
    for (const auto& entry : lines) {
        const auto line = entry.get<std::string>();
        std::vector<Spans> spans;
        for (const auto& tokenizer : tokenizers) {
            spans.push_back(tokenizer->encode_with_spans(line).spans);
        }
        for (const Spans& large : spans) {
            for (const Spans& small : spans) {
                if (large.empty()) {
                    continue;
                }
                const Ranges ranges = align(small, large);
                for (std::size_t i = 0; i < small.size(); ++i) {
                    ASSERT_EQ(ranges[i], by_definition(small[i], large)) << line << ", token " << i;
                }
            }
        }
    }
}

TEST(GuidedPrompt, two_tokenizers_with_templates_of_their_own_meet_in_the_prompt) {
    const auto encoder = [](const char* source) {
        return PromptEncoder::create(std::make_shared<test::FakeTokenizer>(std::vector<std::string>{}, source), true,
                                     "")
            .value();
    };
    const auto prompt = guided_prompt(encoder("[{{ messages[0].content }}]"), encoder("{{ messages[0].content }}?"),
                                      "abc", {}, {.before = "x: ", .after = "."});
    ASSERT_TRUE(prompt.ok()) << prompt.error().to_string();
    EXPECT_EQ(prompt->small.size(), 5U);  // [abc]
    EXPECT_EQ(prompt->large.size(), 8U);  // x: abc.?
    EXPECT_EQ(prompt->alignment, (Ranges{{2, 3}, {3, 4}, {4, 5}, {5, 6}, {7, 8}}));
}

TEST(Alignment, a_sequence_aligned_with_itself_is_itself) {
    const Spans spans{{0, 0}, {0, 2}, {2, 5}, {5, 6}};
    EXPECT_EQ(align(spans, spans), (Ranges{{0, 1}, {1, 2}, {2, 3}, {3, 4}}));
}

}  // namespace
}  // namespace tandem
