#include "engine/tensor/checked.h"

#include <gtest/gtest.h>

#include <limits>

#include "engine/api/utf8.h"

namespace tandem {
namespace {

constexpr std::uint64_t biggest = std::numeric_limits<std::uint64_t>::max();

TEST(Checked, results_that_do_not_fit_are_absent) {
    EXPECT_EQ(checked::add(2, 3), 5U);
    EXPECT_EQ(checked::add(biggest, 0), biggest);
    EXPECT_EQ(checked::add(biggest, 1), std::nullopt);
    EXPECT_EQ(checked::mul(1ULL << 32, (1ULL << 32) - 1), biggest - (1ULL << 32) + 1);
    EXPECT_EQ(checked::mul(1ULL << 32, 1ULL << 32), std::nullopt);
    EXPECT_EQ(checked::mul(biggest, 0), 0U);
}

TEST(Checked, padding_never_wraps) {
    EXPECT_EQ(checked::align_up(0, 32), 0U);
    EXPECT_EQ(checked::align_up(1, 32), 32U);
    EXPECT_EQ(checked::align_up(64, 32), 64U);
    EXPECT_EQ(checked::align_up(biggest - 31, 32), biggest - 31);
    EXPECT_EQ(checked::align_up(biggest - 30, 32), std::nullopt);
}

TEST(Utf8, ill_formed_bytes_are_found_where_they_are) {
    EXPECT_EQ(find_invalid_utf8("plain \xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80"), std::nullopt);
    EXPECT_EQ(find_invalid_utf8("ab\xFF"), 2U);
    EXPECT_EQ(find_invalid_utf8("\xC0\x80"), 0U);          // overlong
    EXPECT_EQ(find_invalid_utf8("\xE0\x9F\xBF"), 0U);      // overlong
    EXPECT_EQ(find_invalid_utf8("a\xED\xA0\x80"), 1U);     // surrogate
    EXPECT_EQ(find_invalid_utf8("\xF4\x90\x80\x80"), 0U);  // above U+10FFFF
    EXPECT_EQ(find_invalid_utf8("abc\xE2\x82"), 3U);       // cut
    EXPECT_EQ(find_invalid_utf8("\xE2\x82z"), 0U);
}

TEST(Utf8, a_message_shows_no_control_characters_and_no_endless_names) {
    EXPECT_EQ(printable("caf\xC3\xA9"), "caf\xC3\xA9");
    EXPECT_EQ(printable("a\x1B[31m\n"), "a\\x1B[31m\\x0A");
    EXPECT_EQ(printable("\xFFz"), "\\xFFz");
    EXPECT_EQ(printable(std::string(100, 'n')), std::string(80, 'n') + "...");
}

}  // namespace
}  // namespace tandem
