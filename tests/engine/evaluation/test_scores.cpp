#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <random>

#include "engine/evaluation/lcs.h"
#include "engine/evaluation/score.h"
#include "engine/evaluation/scorers.h"

namespace tandem {
namespace {

const std::vector<Segment> one_pair = {{"the cat sat", {"the cat sat on the mat"}}};

std::string code_of(const std::string& name, const std::vector<Segment>& pairs = one_pair) {
    const auto result = score(name, pairs);
    return result ? "" : result.error().code;
}

TEST(Scores, every_name_of_the_list_scores_a_perfect_answer_best) {
    const std::vector<Segment> perfect = {{"a small house by the river, in two old towns", {}}};
    for (const ScorerRow& row : scorers()) {
        std::vector<Segment> pairs = perfect;
        pairs[0].references = {pairs[0].hypothesis};
        const auto result = score(row.name, pairs);
        ASSERT_TRUE(result.ok()) << row.name;
        const double best = row.name == "ter"                                            ? 0
                            : row.name.starts_with("rouge") || row.name == "exact_match" ? 1
                                                                                         : 100;
        EXPECT_NEAR(result->value, best, 1e-9) << row.name;
        EXPECT_EQ(result->higher_is_better, row.name != "ter");
        EXPECT_TRUE(result->signature.starts_with("nrefs:1|")) << result->signature;
    }
}

TEST(Scores, sums_of_rows_are_all_a_score_depends_on) {
    const std::vector<Segment> pairs = {{"the cat sat", {"the cat sat on the mat"}},
                                        {"a dog ran", {"the dog ran off"}}};
    for (const ScorerRow& row : scorers()) {
        const auto both = score(row.name, pairs);
        ASSERT_TRUE(both.ok());
        EXPECT_EQ(both->rows.size(), 2U);
        EXPECT_DOUBLE_EQ(both->value_of(both->rows.sum()), both->value);
        const auto alone = score(row.name, std::span(pairs).first(1));
        EXPECT_DOUBLE_EQ(alone->value, both->segment_value(0)) << row.name;
    }
}

TEST(Scores, unknown_names_and_options_are_refused_with_what_there_is) {
    EXPECT_EQ(code_of("blue"), "SCORE_UNKNOWN");
    EXPECT_NE(score("blue", one_pair).error().message.find("there are bleu, chrf"), std::string::npos);
    EXPECT_EQ(code_of("bits_per_byte"), "SCORE_UNKNOWN");
    EXPECT_EQ(code_of("bleu:tok"), "SCORE_OPTION");
    EXPECT_EQ(code_of("bleu:order=4"), "SCORE_OPTION");
    EXPECT_EQ(code_of("bleu:smooth=exp:value=1"), "SCORE_OPTION") << "exp takes no value";
    EXPECT_EQ(code_of("bleu:smooth=floor:value=nan"), "SCORE_OPTION");
    EXPECT_EQ(code_of("bleu:lowercase=maybe"), "SCORE_OPTION");
    EXPECT_EQ(code_of("chrf:nc=0"), "SCORE_OPTION");
    EXPECT_EQ(code_of("chrf:nc=4:nc=5"), "SCORE_OPTION");
    EXPECT_EQ(code_of("rougeL:part=f2"), "SCORE_OPTION");
    EXPECT_EQ(code_of("rouge10"), "SCORE_UNKNOWN");
    EXPECT_EQ(code_of("exact_match:regex=("), "SCORE_OPTION");
    EXPECT_EQ(code_of("exact_match:regex=a:b"), "");
}

TEST(Scores, tokenizers_that_are_not_here_are_refused_by_name) {
    for (const char* name : {"ja-mecab", "ko-mecab", "spm", "flores101", "flores200", "spBLEU-1K"}) {
        const auto refused = score(std::string("bleu:tok=") + name, one_pair);
        ASSERT_FALSE(refused.ok());
        EXPECT_EQ(refused.error().code, "SCORE_TOKENIZER");
        EXPECT_EQ(refused.error().kind, ErrorKind::unsupported);
        EXPECT_NE(refused.error().message.find(name), std::string::npos);
    }
    EXPECT_EQ(code_of("bleu:tok=14a"), "SCORE_TOKENIZER");
}

TEST(Scores, missing_and_endless_texts_are_refused_by_segment) {
    EXPECT_EQ(code_of("bleu", {}), "SCORE_INPUT");
    const auto refused = score("bleu", std::vector<Segment>{{"a", {"b"}}, {"a", {}}});
    EXPECT_EQ(refused.error().code, "SCORE_INPUT");
    EXPECT_EQ(refused.error().where, "segment 2");
    EXPECT_EQ(code_of("chrf", {{std::string((16U << 20) + 1, 'a'), {"b"}}}), "SCORE_TOO_LONG");
}

TEST(Scores, bytes_that_are_no_text_count_as_replacement_characters) {
    for (const ScorerRow& row : scorers()) {
        const auto bad = score(row.name, std::vector<Segment>{{"a \xff b c", {"a b \xc3 c"}}});
        const auto good = score(row.name, std::vector<Segment>{{"a \ufffd b c", {"a b \ufffd c"}}});
        ASSERT_TRUE(bad.ok() && good.ok());
        EXPECT_EQ(bad->value, good->value) << row.name;
    }
}

// The table of the textbook, and the way back through it that rouge-score takes.
std::vector<std::size_t> slow_positions(const scores::Symbols& a, const scores::Symbols& b) {
    std::vector<std::vector<int>> table(a.size() + 1, std::vector<int>(b.size() + 1));
    for (std::size_t i = 1; i <= a.size(); ++i) {
        for (std::size_t j = 1; j <= b.size(); ++j) {
            table[i][j] = a[i - 1] == b[j - 1] ? table[i - 1][j - 1] + 1 : std::max(table[i - 1][j], table[i][j - 1]);
        }
    }
    std::vector<std::size_t> positions;
    for (std::size_t i = a.size(), j = b.size(); i > 0 && j > 0;) {
        if (a[i - 1] == b[j - 1]) {
            positions.insert(positions.begin(), i - 1);
            --i;
            --j;
        } else if (table[i][j - 1] > table[i - 1][j]) {
            --j;
        } else {
            --i;
        }
    }
    return positions;
}

TEST(Lcs, bit_vectors_find_what_the_table_finds) {
    std::mt19937 random(5);
    for (int round = 0; round < 300; ++round) {
        const auto some = [&] {
            scores::Symbols symbols(random() % 200);
            for (auto& symbol : symbols) {
                symbol = static_cast<std::uint32_t>(random() % (1 + static_cast<unsigned>(round) % 40));
            }
            return symbols;
        };
        const scores::Symbols a = some(), b = some();
        const auto slow = slow_positions(a, b);
        EXPECT_EQ(scores::lcs_length(a, b), slow.size());
        EXPECT_EQ(scores::lcs_positions(a, b), slow);
    }
}

TEST(Lcs, a_thousand_texts_of_512_words_take_less_than_seconds) {
    std::mt19937 random(6);
    const auto text = [&] {
        std::string words;
        for (int i = 0; i < 512; ++i) {
            words += "w" + std::to_string(random() % 400) + " ";
        }
        return words;
    };
    std::vector<Segment> pairs;
    for (int i = 0; i < 1000; ++i) {
        pairs.push_back({text(), {text()}});
    }
    const auto begin = std::chrono::steady_clock::now();
    ASSERT_TRUE(score("rougeL", pairs).ok());
    const auto middle = std::chrono::steady_clock::now();
    ASSERT_TRUE(score("rougeLsum", pairs).ok());
    const auto end = std::chrono::steady_clock::now();
    const auto seconds = [](auto duration) { return std::chrono::duration<double>(duration).count(); };
    std::printf("rougeL %.2f s, rougeLsum %.2f s for 1,000 pairs of 512 words\n", seconds(middle - begin),
                seconds(end - middle));
    EXPECT_LT(seconds(end - begin), 10) << "a table of one number a cell takes about a minute unoptimised";
}

}  // namespace
}  // namespace tandem
