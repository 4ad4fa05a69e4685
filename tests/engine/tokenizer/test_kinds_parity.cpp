// Tokenizers of every kind against `tokenizers` 0.23.3 on 10,000 real and 22,000 made-up texts.
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "engine/tokenizer/json_reader.h"
#include "tests/engine/tokenizer/digest.h"
#include "tests/engine/tokenizer/texts.h"
#include "tests/support/temporary_folder.h"

namespace tandem::test {
namespace {

constexpr std::size_t chunk = 1000;

std::uint64_t digest_of_texts(const Tokenizer& tokenizer, std::span<const std::string> texts) {
    Fnv1a hash;
    const auto add_id = [&](std::uint32_t id) {
        for (int shift = 0; shift < 32; shift += 8) {
            hash.add(static_cast<unsigned char>(id >> shift));
        }
    };
    const auto add_text = [&](const std::string& text) {
        for (const char c : text) {
            hash.add(static_cast<unsigned char>(c));
        }
        hash.add(255);
    };
    for (const std::string& text : texts) {
        const std::vector<TokenId> ids = tokenizer.encode(text);
        for (const TokenId id : ids) {
            add_id(static_cast<std::uint32_t>(id));
        }
        add_id(~std::uint32_t{0});
        add_text(tokenizer.decode(ids, true));
        add_text(tokenizer.decode(ids, false));
    }
    return hash.value();
}

TEST(TokenizerKindsParity, ids_and_decoded_texts_equal_the_reference) {
    const char* path = std::getenv("TANDEM_TEST_TEXTS");
    ASSERT_NE(path, nullptr) << "TANDEM_TEST_TEXTS is not set; `./dev test` fetches what this test needs and sets it";
    std::vector<std::string> texts = read_texts(path);
    const auto folder = std::filesystem::path(path).parent_path();
    for (std::string& text : read_texts((folder / "tokenizer-texts-fuzzed-1.txt").string())) {
        texts.push_back(std::move(text));
    }
    ASSERT_EQ(texts.size(), 32000U);
    const auto kinds =
        nlohmann::ordered_json::parse(read_file(TANDEM_SOURCE_DIR "/tests/data/tokenizer/kinds.json"), nullptr, false);
    const std::string digests = read_file(TANDEM_SOURCE_DIR "/tests/data/tokenizer/kinds.digests");
    const std::size_t chunks = texts.size() / chunk;
    ASSERT_GE(kinds.size(), 36U);
    ASSERT_EQ(digests.size(), 16 + kinds.size() * chunks * 8);
    std::size_t at = 16;
    for (const auto& [name, tree] : kinds.items()) {
        const auto tokenizer = tokenizer_from_json(tree.dump(), name);
        ASSERT_TRUE(tokenizer.ok()) << tokenizer.error().to_string();
        for (std::size_t i = 0; i < chunks; ++i, at += 8) {
            std::uint64_t expected = 0;
            std::memcpy(&expected, digests.data() + at, 8);
            EXPECT_EQ(digest_of_texts(**tokenizer, std::span(texts).subspan(i * chunk, chunk)), expected)
                << name << ", texts " << i * chunk << " to " << (i + 1) * chunk - 1;
        }
    }
}

}  // namespace
}  // namespace tandem::test
