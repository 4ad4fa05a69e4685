// What the files beside tokenizer.json change, against transformers 5.17.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/engine/tokenizer/fixtures.h"
#include "tests/support/temporary_folder.h"

namespace tandem::test {
namespace {

void write(const std::filesystem::path& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
}

TEST(TokenizerOverrides, added_tokens_of_tokenizer_config_count_as_in_transformers) {
    const Json kinds = load_fixture("kinds.json");
    const Json cases = load_fixture("overrides.json");
    ASSERT_GE(cases.size(), 15U);
    for (const Json& one : cases) {
        TemporaryFolder folder;
        const std::filesystem::path base = folder.path();
        write(base / "tokenizer.json", kinds.at(one.at("kind").get<std::string>()).dump());
        write(base / "tokenizer_config.json", one.at("config").dump());
        if (!one.at("special_map").is_null()) {
            write(base / "special_tokens_map.json", one.at("special_map").dump());
        }
        if (!one.at("added_tokens").is_null()) {
            write(base / "added_tokens.json", one.at("added_tokens").dump());
        }
        const auto tokenizer = Tokenizer::from_folder(base);
        ASSERT_TRUE(tokenizer.ok()) << one.at("config").dump() << tokenizer.error().to_string();
        const auto id = [](const Json& value) {
            return value.is_null() ? std::optional<TokenId>() : std::optional<TokenId>(value.get<TokenId>());
        };
        EXPECT_EQ((*tokenizer)->bos(), id(one.at("bos"))) << one.at("config").dump();
        EXPECT_EQ((*tokenizer)->eos(), id(one.at("eos"))) << one.at("config").dump();
        for (const Json& row : one.at("rows")) {
            const auto ids = (*tokenizer)->encode(row[0].get<std::string>());
            EXPECT_EQ(Json(ids), row[1]) << one.at("config").dump() << " text " << row[0];
            EXPECT_EQ((*tokenizer)->decode(ids, true), row[2].get<std::string>()) << one.at("config").dump();
            EXPECT_EQ((*tokenizer)->decode(ids, false), row[3].get<std::string>()) << one.at("config").dump();
        }
    }
}

TEST(TokenizerOverrides, a_special_token_without_room_in_the_model_is_left_out) {
    const Json kinds = load_fixture("kinds.json");
    TemporaryFolder folder;
    const std::filesystem::path base = folder.path();
    write(base / "tokenizer.json", kinds.at("gpt2").dump());
    write(base / "tokenizer_config.json", R"({"pad_token": "[PAD]"})");
    write(base / "config.json", R"({"vocab_size": 500})");
    const auto tokenizer = Tokenizer::from_folder(base);
    ASSERT_TRUE(tokenizer.ok()) << tokenizer.error().to_string();
    EXPECT_EQ((*tokenizer)->vocab_size(), 500);
    EXPECT_FALSE((*tokenizer)->find("[PAD]"));
}

TEST(TokenizerOverrides, splitting_special_tokens_is_refused) {
    const Json kinds = load_fixture("kinds.json");
    TemporaryFolder folder;
    const std::filesystem::path base = folder.path();
    write(base / "tokenizer.json", kinds.at("gpt2").dump());
    write(base / "tokenizer_config.json", R"({"split_special_tokens": true})");
    const auto tokenizer = Tokenizer::from_folder(base);
    ASSERT_FALSE(tokenizer.ok());
    EXPECT_EQ(tokenizer.error().code, "TOK_CONFIG");
    EXPECT_NE(tokenizer.error().message.find("split_special_tokens"), std::string::npos);
}

}  // namespace
}  // namespace tandem::test
