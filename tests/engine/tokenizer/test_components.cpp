// Every combination of parts against `tokenizers` 0.23.3, GGUF's kinds of pre-tokenizer against the same, SentencePiece
// models against `sentencepiece` 0.2.3. Fixtures: make_tokenizer_fixtures.py.
#include <gtest/gtest.h>

#include "engine/api/utf8.h"
#include "engine/tokenizer/json_reader.h"
#include "tests/engine/tokenizer/fixtures.h"

namespace tandem::test {
namespace {

using Ids = std::vector<TokenId>;

void expect_stream(const std::shared_ptr<const Tokenizer>& tokenizer, const Ids& ids) {
    StreamDecoder stream(tokenizer);
    std::string text;
    for (const TokenId id : ids) {
        const std::string part = stream.push(id);
        EXPECT_FALSE(find_invalid_utf8(part));
        text += part;
    }
    EXPECT_EQ(text + stream.finish(), tokenizer->decode(ids));
}

// Each case: text, ids with special tokens, ids without and with special tokens in the text read as text, the text
// those decode to without and with special tokens.
void expect_cases(const std::shared_ptr<const Tokenizer>& tokenizer, const Json& fixture) {
    for (const Json& one : fixture["cases"]) {
        const auto text = one[0].get<std::string>();
        const Ids ids = tokenizer->encode(text);
        EXPECT_EQ(ids, one[1].get<Ids>()) << "'" << text << "'";
        EXPECT_EQ(tokenizer->encode(text, {.add_special = false, .parse_special = false}), one[2].get<Ids>())
            << "'" << text << "'";
        EXPECT_EQ(tokenizer->decode(one[1].get<Ids>()), one[3].get<std::string>()) << "'" << text << "'";
        EXPECT_EQ(tokenizer->decode(one[1].get<Ids>(), false), one[4].get<std::string>()) << "'" << text << "'";
        expect_stream(tokenizer, ids);
    }
    bool skip = true;
    for (const Json& order : fixture["orders"]) {
        const Ids ids = order[0].get<Ids>();
        EXPECT_EQ(tokenizer->decode(ids, skip), order[1].get<std::string>());
        expect_stream(tokenizer, ids);
        skip = !skip;
    }
}

TEST(Components, tokenizer_json_of_every_combination_gives_the_same_ids_and_texts) {
    const Json fixtures = load_fixture("components.json");
    ASSERT_GE(fixtures.size(), 27U);
    for (const Json& fixture : fixtures) {
        SCOPED_TRACE(fixture["name"].get<std::string>());
        const auto tokenizer = tokenizer_from_json(fixture["tokenizer"].dump(), "tokenizer.json");
        ASSERT_TRUE(tokenizer.ok()) << tokenizer.error().to_string();
        expect_cases(*tokenizer, fixture);
    }
}

TEST(Components, gguf_of_every_kind_of_pre_tokenizer_gives_the_same_ids_and_texts) {
    const Json fixture = load_fixture("pre_kinds.json");
    const auto tokens = fixture["tokens"].get<std::vector<std::string>>();
    const auto count = static_cast<std::uint32_t>(tokens.size());
    ASSERT_EQ(fixture["kinds"].size(), 5U);
    for (const auto& [name, kind] : fixture["kinds"].items()) {
        SCOPED_TRACE(name);
        GgufVocabulary file;
        file.text("ggml.model", "gpt2").text("ggml.pre", name).texts("tokens", tokens);
        file.texts("merges", fixture["merges"].get<std::vector<std::string>>());
        file.numbers("token_type", i32, fixture["types"].get<std::vector<std::int32_t>>());
        file.id("bos_token_id", count - 3).id("eos_token_id", count - 2);
        const auto tokenizer = file.parse();
        ASSERT_TRUE(tokenizer.ok()) << tokenizer.error().to_string();
        EXPECT_EQ((*tokenizer)->kind(), "byte-level BPE (" + name + ")");
        expect_cases(*tokenizer, kind);
    }
}

TEST(Components, gguf_of_kind_llama_gives_the_ids_of_sentencepiece) {
    const Json fixtures = load_fixture("sentencepiece.json");
    ASSERT_EQ(fixtures.size(), 3U);
    for (const Json& fixture : fixtures) {
        SCOPED_TRACE(fixture["name"].get<std::string>());
        GgufVocabulary file;
        file.text("ggml.model", "llama").texts("tokens", fixture["tokens"].get<std::vector<std::string>>());
        file.numbers("scores", f32, fixture["scores"].get<std::vector<float>>());
        file.numbers("token_type", i32, fixture["types"].get<std::vector<std::int32_t>>());
        file.id("bos_token_id", 1).id("eos_token_id", 2);
        file.flag("add_space_prefix", fixture["prefix"].get<bool>());
        const auto tokenizer = file.parse();
        ASSERT_TRUE(tokenizer.ok()) << tokenizer.error().to_string();
        for (const Json& one : fixture["cases"]) {
            const auto text = one[0].get<std::string>();
            const Ids ids = (*tokenizer)->encode(text, {.add_special = false});
            EXPECT_EQ(ids, one[1].get<Ids>()) << "'" << text << "'";
            if (fixture["name"] != "unknown") {  // the library spells the unknown token " ⁇ "
                EXPECT_EQ((*tokenizer)->decode(ids), one[2].get<std::string>()) << "'" << text << "'";
            }
            expect_stream(*tokenizer, ids);
            Ids with_bos = ids;
            with_bos.insert(with_bos.begin(), 1);
            EXPECT_EQ((*tokenizer)->encode(text), with_bos);
        }
    }
}

}  // namespace
}  // namespace tandem::test
