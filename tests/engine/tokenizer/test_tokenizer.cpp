// What holds for every text, and what folders give.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <filesystem>
#include <thread>

#include "engine/api/utf8.h"
#include "engine/tokenizer/json_reader.h"
#include "engine/tokenizer/unicode.h"
#include "tests/engine/tokenizer/fixtures.h"
#include "tests/support/temporary_folder.h"

namespace tandem::test {
namespace {

namespace fs = std::filesystem;

std::shared_ptr<const Tokenizer> component(const std::string& name) {
    static const Json fixtures = load_fixture("components.json");
    for (const Json& fixture : fixtures) {
        if (fixture["name"] == name) {
            auto made = tokenizer_from_json(fixture["tokenizer"].dump(), name);
            return made.ok() ? *made : nullptr;
        }
    }
    return nullptr;
}

std::string arbitrary_text() {
    const auto codes = *rc::gen::container<std::vector<std::uint32_t>>(rc::gen::oneOf(
        rc::gen::inRange<std::uint32_t>(0, 0x80), rc::gen::inRange<std::uint32_t>(0x80, 0x3000),
        rc::gen::inRange<std::uint32_t>(0x3000, 0xD800), rc::gen::inRange<std::uint32_t>(0xE000, 0x110000)));
    std::string text;
    for (const std::uint32_t code : codes) {
        unicode::append(text, code);
    }
    return text;
}

TEST(TokenizerProperties, byte_level_decoding_gives_every_text_back) {
    for (const char* name : {"gpt2", "digits_then_bytes", "digit_runs", "llama3", "o200k", "split_isolated"}) {
        const auto tokenizer = component(name);
        ASSERT_NE(tokenizer, nullptr) << name;
        EXPECT_TRUE(rc::check([&] {
            const std::string text = arbitrary_text();
            RC_ASSERT(tokenizer->decode(tokenizer->encode(text)) == text);
        })) << name;
    }
}

TEST(TokenizerProperties, any_bytes_read_as_the_text_with_replacement_characters) {
    const auto tokenizer = component("gpt2");
    EXPECT_TRUE(rc::check([&](const std::string& bytes) {
        const std::string text = unicode::valid_utf8(bytes);
        RC_ASSERT(!find_invalid_utf8(text));
        RC_ASSERT(tokenizer->encode(bytes) == tokenizer->encode(text));
    }));
}

TEST(TokenizerProperties, any_ids_decode_to_text_and_stream_alike) {
    for (const char* name : {"gpt2", "llama2", "metaspace_first", "regex_replace", "no_decoder", "strip_each_end"}) {
        const auto tokenizer = component(name);
        EXPECT_TRUE(rc::check([&] {
            const auto ids = *rc::gen::container<std::vector<TokenId>>(rc::gen::inRange<TokenId>(-2, 500));
            const std::string whole = tokenizer->decode(ids);
            RC_ASSERT(!find_invalid_utf8(whole));
            StreamDecoder stream(tokenizer);
            std::string streamed;
            for (const TokenId id : ids) {
                const std::string part = stream.push(id);
                RC_ASSERT(!find_invalid_utf8(part));
                streamed += part;
            }
            RC_ASSERT(streamed + stream.finish() == whole);
        })) << name;
    }
}

TEST(Tokenizer, broken_utf8_reads_as_one_replacement_for_each_maximal_part) {
    EXPECT_EQ(unicode::valid_utf8("a\xF0\x9F\x98"
                                  "b"),
              "a\xEF\xBF\xBD"
              "b");
    EXPECT_EQ(unicode::valid_utf8("\xE0\x80\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
    EXPECT_EQ(unicode::valid_utf8("\xED\xA0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
    EXPECT_EQ(unicode::valid_utf8("\xF4\x90"), "\xEF\xBF\xBD\xEF\xBF\xBD");
    EXPECT_EQ(unicode::valid_utf8("\xC2"), "\xEF\xBF\xBD");
}

TEST(Tokenizer, a_stream_holds_back_what_is_no_character_yet) {
    const auto tokenizer = component("gpt2");
    const std::vector<TokenId> ids = tokenizer->encode("\xF0\x9F\xA6\x84");  // a unicorn: no merges
    ASSERT_EQ(ids.size(), 4U);
    StreamDecoder stream(tokenizer);
    EXPECT_EQ(stream.push(ids[0]), "");
    EXPECT_EQ(stream.push(ids[1]), "");
    EXPECT_EQ(stream.push(ids[2]), "");
    EXPECT_EQ(stream.push(ids[3]), "\xF0\x9F\xA6\x84");
    EXPECT_EQ(stream.push(ids[0]), "");
    EXPECT_EQ(stream.finish(), "\xEF\xBF\xBD");
    EXPECT_EQ(stream.push(ids[0]), "") << "a new text begins";
}

TEST(Tokenizer, pieces_are_raw_bytes) {
    const auto byte_level = component("gpt2");
    std::string joined;
    for (const TokenId id : byte_level->encode("naïve 日本")) {
        joined += byte_level->piece(id);
    }
    EXPECT_EQ(joined, "naïve 日本");
    EXPECT_EQ(byte_level->piece(-1), "");
    EXPECT_EQ(byte_level->piece(1 << 30), "");
    const auto fallback = component("llama2");
    joined.clear();
    for (const TokenId id : fallback->encode("a 🙂", {.add_special = false})) {
        joined += fallback->piece(id);
    }
    EXPECT_EQ(joined, " a 🙂");
    EXPECT_EQ(fallback->piece(*fallback->find("<s>")), "<s>");
}

TEST(Tokenizer, many_threads_encode_at_once) {
    const auto tokenizer = component("llama3");
    const std::string text = "Hello there, the dog isn't amused 12345 日本語\n";
    const std::vector<TokenId> expected = tokenizer->encode(text);
    std::vector<std::thread> threads;
    std::vector<int> wrong(4, 0);
    for (std::size_t i = 0; i < wrong.size(); ++i) {
        threads.emplace_back([&, i] {
            for (int k = 0; k < 200; ++k) {
                wrong[i] += tokenizer->encode(text) == expected ? 0 : 1;
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    EXPECT_EQ(wrong, std::vector<int>(4, 0));
}

class TokenizerFolder : public ::testing::Test {
protected:
    void SetUp() override {
        const Json fixtures = load_fixture("components.json");
        for (const Json& fixture : fixtures) {
            if (fixture["name"] == "template") {
                write("tokenizer.json", fixture["tokenizer"].dump());
            }
        }
    }
    void write(const std::string& name, const std::string& text) const { test::write_file(folder_ / name, text); }

    const test::TemporaryFolder folder_;
};

TEST_F(TokenizerFolder, the_files_beside_it_name_its_ends_and_template) {
    write("tokenizer_config.json", R"({"bos_token": "<s>", "eos_token": {"content": "</s>"},
        "chat_template": [{"name": "tool_use", "template": "no"}, {"name": "default", "template": "yes"}]})");
    write("generation_config.json", R"({"eos_token_id": [5, 6]})");
    const auto opened = Tokenizer::open(folder_.path());
    ASSERT_TRUE(opened.ok()) << opened.error().to_string();
    const Tokenizer& tokenizer = **opened;
    EXPECT_EQ(tokenizer.bos(), tokenizer.find("<s>"));
    EXPECT_EQ(tokenizer.eos(), tokenizer.find("</s>"));
    EXPECT_EQ(tokenizer.end_ids(), (std::vector<TokenId>{*tokenizer.eos(), 5, 6}));
    EXPECT_EQ(tokenizer.chat_template(), "yes");
    write("chat_template.jinja", "own");
    EXPECT_EQ((*Tokenizer::open(folder_.path()))->chat_template(), "own");
    const auto by_file = Tokenizer::open(folder_ / "tokenizer.json");
    ASSERT_TRUE(by_file.ok());
    EXPECT_EQ((*by_file)->chat_template(), "own");
}

TEST_F(TokenizerFolder, ids_must_be_below_the_vocab_size_of_the_configuration) {
    write("config.json", R"({"vocab_size": 100})");
    EXPECT_EQ(code_of(Tokenizer::open(folder_.path())), "TOK_ID_RANGE");
    write("config.json", R"({"vocab_size": 100000, "eos_token_id": 1})");
    const auto opened = Tokenizer::open(folder_.path());
    ASSERT_TRUE(opened.ok()) << opened.error().to_string();
    EXPECT_EQ((*opened)->eos(), 1);
}

TEST_F(TokenizerFolder, wrong_files_are_named) {
    write("config.json", "[1]");
    EXPECT_EQ(code_of(Tokenizer::open(folder_.path())), "TOK_CONFIG");
    write("config.json", "{");
    EXPECT_EQ(code_of(Tokenizer::open(folder_.path())), "JSON_BROKEN");
    fs::remove(folder_ / "config.json");
    write("tokenizer.json", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n");
    EXPECT_EQ(code_of(Tokenizer::open(folder_.path())), "NOT_A_MODEL");
    write("tokenizer.json", std::string("\x80\x04K\x01.", 5));
    EXPECT_EQ(code_of(Tokenizer::open(folder_.path())), "PICKLE_REFUSED");
    fs::remove(folder_ / "tokenizer.json");
    write("tokenizer.model", "x");
    const auto opened = Tokenizer::open(folder_.path());
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().code, "TOK_CONFIG");
    EXPECT_NE(opened.error().message.find("tokenizer.model"), std::string::npos);
    EXPECT_EQ(code_of(Tokenizer::open(folder_ / "absent")), "FILE_NOT_FOUND");
}

}  // namespace
}  // namespace tandem::test
