// Spans of tokens against the offsets of `tokenizers` 0.23.3, and what holds of them whatever the tokenizer.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "engine/api/utf8.h"
#include "engine/tokenizer/json_reader.h"
#include "tests/support/temporary_folder.h"

namespace tandem::test {
namespace {

nlohmann::ordered_json read_json(const std::string& name) {
    return nlohmann::ordered_json::parse(read_file(TANDEM_SOURCE_DIR "/tests/data/tokenizer/" + name), nullptr, false);
}

bool continues(char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

std::size_t characters(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return !continues(c); }));
}

// The whole characters that a span touches, counted as the reference counts them.
std::pair<std::size_t, std::size_t> in_characters(std::string_view text, ByteSpan span) {
    while (span.first > 0 && span.first < text.size() && continues(text[span.first])) {
        --span.first;
    }
    while (span.last < text.size() && continues(text[span.last])) {
        ++span.last;
    }
    return {characters(text.substr(0, span.first)), characters(text.substr(0, span.last))};
}

std::string listed(const std::vector<std::pair<std::size_t, std::size_t>>& offsets) {
    std::string text;
    for (const auto& [first, last] : offsets) {
        text += std::to_string(first) + "-" + std::to_string(last) + " ";
    }
    return text;
}

class Spans : public testing::TestWithParam<std::string> {
protected:
    static const nlohmann::ordered_json& kinds() {
        static const auto read = read_json("kinds.json");
        return read;
    }
    static const nlohmann::ordered_json& expected() {
        static const auto read = read_json("offsets.json");
        return read;
    }
    std::shared_ptr<const Tokenizer> tokenizer() const {
        return tokenizer_from_json(kinds()[GetParam()].dump(), GetParam()).value();
    }
};

TEST_P(Spans, are_the_offsets_of_the_reference) {
    const auto tokenizer = this->tokenizer();
    const auto& rows = expected()["kinds"][GetParam()];
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto line = expected()["lines"][i].get<std::string>();
        const Encoding encoding = tokenizer->encode_with_spans(line);
        ASSERT_EQ(encoding.spans.size() * 2, rows[i].size()) << line;
        std::vector<std::pair<std::size_t, std::size_t>> found;
        std::vector<std::pair<std::size_t, std::size_t>> offsets;
        for (std::size_t token = 0; token < encoding.spans.size(); ++token) {
            offsets.emplace_back(rows[i][2 * token].get<std::size_t>(), rows[i][2 * token + 1].get<std::size_t>());
            const bool is_nowhere = offsets.back().first == offsets.back().second;
            const auto whole = in_characters(line, encoding.spans[token]);
            // Of an unknown stretch the reference gives every byte the whole; here each has its own.
            const bool is_byte = tokenizer->piece(encoding.ids[token]).size() == 1 &&
                                 whole.first >= offsets.back().first && whole.second <= offsets.back().second;
            found.push_back(is_byte ? offsets.back()
                            : is_nowhere && encoding.spans[token].first == encoding.spans[token].last
                                ? offsets.back()  // without text, both; the reference then says 0
                                : whole);
        }
        EXPECT_EQ(listed(found), listed(offsets)) << "line " << i << ": " << line;
    }
}

TEST_P(Spans, come_with_the_ids_of_encode_and_run_forward_within_the_text) {
    const auto tokenizer = this->tokenizer();
    for (const auto& entry : expected()["lines"]) {
        for (std::string line : {entry.get<std::string>(), "\xFF" + entry.get<std::string>() + "\xE2\x82"}) {
            const Encoding encoding = tokenizer->encode_with_spans(line);
            EXPECT_EQ(encoding.ids, tokenizer->encode(line)) << line;
            ASSERT_EQ(encoding.spans.size(), encoding.ids.size());
            for (std::size_t i = 0; i < encoding.spans.size(); ++i) {
                EXPECT_LE(encoding.spans[i].first, encoding.spans[i].last) << line;
                EXPECT_LE(encoding.spans[i].last, line.size()) << line;
                EXPECT_TRUE(i == 0 || encoding.spans[i].first >= encoding.spans[i - 1].first) << line << " " << i;
            }
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Kind, Spans, testing::ValuesIn([] {
                             const auto expected = read_json("offsets.json");
                             std::vector<std::string> names;
                             for (const auto& [name, rows] : expected["kinds"].items()) {
                                 names.push_back(name);
                             }
                             return names;
                         }()),
                         [](const auto& one) { return one.param; });

TEST(Spans, of_byte_level_tokens_are_exact_within_a_character) {
    const auto kinds = read_json("kinds.json");
    const auto tokenizer = tokenizer_from_json(kinds["gpt2"].dump(), "gpt2").value();
    const std::string line = " h\xC3\xA9llo \xF0\x9F\x98\x80 \xE6\xB1\x89";
    const Encoding encoding = tokenizer->encode_with_spans(line);
    std::string joined;
    for (std::size_t i = 0; i < encoding.ids.size(); ++i) {
        const ByteSpan span = encoding.spans[i];
        EXPECT_EQ(tokenizer->piece(encoding.ids[i]), line.substr(span.first, span.last - span.first));
        joined += line.substr(span.first, span.last - span.first);
    }
    EXPECT_EQ(joined, line);
}

}  // namespace
}  // namespace tandem::test
