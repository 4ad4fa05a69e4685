// Tokenizers from the files of their own classes, and from GGUF, against transformers 5.17: tests/data/vocabularies.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/tokenizer/tokenizer.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

const fs::path folder = fs::path(TANDEM_SOURCE_DIR) / "tests/data/vocabularies";

nlohmann::json read_json(const fs::path& path) {
    std::ifstream file(path);
    return nlohmann::json::parse(file);
}

std::string sum(std::string_view bytes) {
    std::uint64_t value = 0xCBF29CE484222325U;
    for (const char c : bytes) {
        value = (value ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
    }
    std::string text;
    for (int shift = 36; shift >= 0; shift -= 4) {
        text += "0123456789abcdef"[value >> shift & 15U];
    }
    return text;
}

std::string sum(const std::vector<TokenId>& ids) {
    std::string bytes;
    for (const TokenId id : ids) {
        for (int shift = 0; shift < 32; shift += 8) {
            bytes += static_cast<char>(static_cast<std::uint32_t>(id) >> shift & 255U);
        }
    }
    return sum(bytes);
}

std::vector<std::string> cases() {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder)) {
        if (entry.is_directory()) {
            names.push_back(entry.path().filename());
        }
    }
    std::sort(names.begin(), names.end());
    return names;
}

class Vocabularies : public testing::TestWithParam<std::string> {};

TEST_P(Vocabularies, give_the_ids_and_texts_of_the_reference) {
    const fs::path own = folder / GetParam();
    const auto opened = Tokenizer::open(fs::exists(own / "model.gguf") ? own / "model.gguf" : own);
    ASSERT_TRUE(opened) << opened.error().message;
    const Tokenizer& tokenizer = **opened;
    const auto texts = read_json(folder / "texts.json").get<std::vector<std::string>>();
    const auto expected = read_json(own / "expected.json").get<std::vector<std::string>>();
    ASSERT_EQ(texts.size(), expected.size());
    StreamDecoder stream(*opened);
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const auto ids = tokenizer.encode(texts[i]);
        const std::string plain = tokenizer.decode(ids, true);
        EXPECT_EQ(sum(ids) + sum(tokenizer.encode(texts[i], {.add_special = false})) +
                      sum(tokenizer.decode(ids, false)) + sum(plain),
                  expected[i])
            << testing::PrintToString(texts[i]);
        std::string streamed;
        for (const TokenId id : ids) {
            streamed += stream.push(id);
        }
        EXPECT_EQ(streamed + stream.finish(), plain) << testing::PrintToString(texts[i]);
    }
}

INSTANTIATE_TEST_SUITE_P(All, Vocabularies, testing::ValuesIn(cases()), [](const auto& name) { return name.param; });

}  // namespace
}  // namespace tandem
