#include <gtest/gtest.h>

#include "engine/generation/random.h"
#include "engine/generation/stop_text.h"

namespace tandem {
namespace {

std::string all_of(StopText& text, std::vector<std::string> pieces) {
    std::string released;
    for (const std::string& piece : pieces) {
        released += text.push(piece);
    }
    return released + text.finish();
}

TEST(StopText, without_stop_strings_everything_is_released_at_once) {
    StopText text({});
    EXPECT_EQ(text.push("any"), "any");
    EXPECT_EQ(text.push(" text"), " text");
    EXPECT_EQ(text.finish(), "");
    EXPECT_FALSE(text.hit());
}

TEST(StopText, a_stop_string_over_several_pieces_is_never_shown) {
    StopText text({"</answer>"});
    EXPECT_EQ(text.push("42</a"), "42");
    EXPECT_EQ(text.push("nsw"), "");
    EXPECT_EQ(text.push("er> and more"), "");
    EXPECT_TRUE(text.hit());
    EXPECT_EQ(text.push("still more"), "");
    EXPECT_EQ(text.finish(), "");
}

TEST(StopText, what_only_began_like_a_stop_string_is_released_late_and_whole) {
    StopText text({"</answer>"});
    EXPECT_EQ(text.push("a</an"), "a");
    EXPECT_EQ(text.push("chor>"), "</anchor>");
    EXPECT_EQ(text.push("<"), "");
    EXPECT_EQ(text.finish(), "<");
    EXPECT_FALSE(text.hit());
}

TEST(StopText, a_beginning_inside_a_failed_beginning_is_still_found) {
    StopText text({"aab"});
    EXPECT_EQ(text.push("aa"), "");
    EXPECT_EQ(text.push("a"), "a");
    EXPECT_EQ(text.push("b"), "");
    EXPECT_TRUE(text.hit());
}

TEST(StopText, the_stop_string_that_is_complete_first_counts) {
    StopText text({"abcd", "bc"});
    EXPECT_EQ(all_of(text, {"xabcdy"}), "xa");
    StopText together({"c", "abc"});
    EXPECT_EQ(all_of(together, {"xabc"}), "x");
}

TEST(StopText, cutting_the_text_elsewhere_changes_nothing) {
    Random random(1);
    const std::vector<std::string> stops{"abba", "bab", "aaaa"};
    for (int round = 0; round < 2000; ++round) {
        std::string whole;
        for (int i = 0; i < 12; ++i) {
            whole += random.below(2) == 0 ? "a" : "b";
        }
        StopText at_once(stops);
        StopText in_pieces(stops);
        std::vector<std::string> pieces;
        for (std::size_t at = 0; at < whole.size();) {
            const std::size_t length = 1 + random.below(4);
            pieces.push_back(whole.substr(at, length));
            at += length;
        }
        EXPECT_EQ(all_of(at_once, {whole}), all_of(in_pieces, pieces)) << whole;
        EXPECT_EQ(at_once.hit(), in_pieces.hit()) << whole;
    }
}

}  // namespace
}  // namespace tandem
