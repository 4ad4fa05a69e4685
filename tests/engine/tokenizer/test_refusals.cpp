// Damaged and unsupported tokenizers: each gets its named error.
#include <gtest/gtest.h>

#include "engine/tokenizer/byte_alphabet.h"
#include "engine/tokenizer/json_reader.h"
#include "engine/tokenizer/split_regex.h"
#include "engine/tokenizer/unicode.h"
#include "tests/engine/tokenizer/fixtures.h"

namespace tandem::test {
namespace {

// A byte-level tokenizer.json with all bytes and the merge of "a" and "b".
Json small() {
    Json vocab = Json::object();
    for (int byte = 0; byte < 256; ++byte) {
        vocab[byte_alphabet::spelled(std::string(1, static_cast<char>(byte)))] = byte;
    }
    vocab["ab"] = 256;
    return {{"added_tokens", Json::array({{{"id", 257}, {"content", "<s>"}, {"special", true}}})},
            {"normalizer", nullptr},
            {"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", false}}},
            {"post_processor", nullptr},
            {"decoder", {{"type", "ByteLevel"}}},
            {"model", {{"type", "BPE"}, {"vocab", vocab}, {"merges", Json::array({"a b"})}}}};
}

Error error_of(const Json& tree, const FolderHints& hints = {}) {
    const auto tokenizer = tokenizer_from_json(tree.dump(), "tokenizer.json", hints);
    return tokenizer.ok() ? Error{.code = "accepted"} : tokenizer.error();
}

void expect(const Json& tree, const std::string& code, const std::string& says) {
    const Error error = error_of(tree);
    EXPECT_EQ(error.code, code) << error.to_string();
    EXPECT_NE(error.message.find(says), std::string::npos) << error.message;
    EXPECT_NE(error.message.find("nothing was loaded"), std::string::npos) << error.message;
    EXPECT_EQ(error.kind, ErrorKind::bad_input);
}

TEST(TokenizerRefusals, the_small_one_is_accepted_as_it_is) {
    EXPECT_EQ(error_of(small()).code, "accepted");
}

TEST(TokenizerRefusals, merges_must_make_tokens_that_exist) {
    Json tree = small();
    tree["model"]["merges"] = {"a b", "a c"};
    expect(tree, "TOK_MERGE_UNKNOWN", "merge 1 ('a' + 'c') needs the token 'ac'");
    tree["model"]["merges"] = {"a " + std::string(100, 'x')};
    expect(tree, "TOK_MERGE_UNKNOWN", "xxx");
    for (const char* broken : {"ab", "a b c", ""}) {
        tree["model"]["merges"] = Json::array({broken});
        expect(tree, "TOK_CONFIG", "merge 0");
    }
    tree["model"]["merges"] = Json::array({Json::array({"a", 1})});
    expect(tree, "TOK_CONFIG", "merge 0");
    tree["model"]["merges"] = 7;
    expect(tree, "TOK_CONFIG", "'merges' must be a list");
}

TEST(TokenizerRefusals, ids_must_be_in_range_and_unique) {
    for (const Json& id : {Json(2147483648LL), Json(-1), Json(1.5), Json("7"), Json(nullptr), Json(UINT64_MAX)}) {
        Json tree = small();
        tree["model"]["vocab"]["ab"] = id;
        expect(tree, "TOK_ID_RANGE", "'ab'");
    }
    Json tree = small();
    tree["model"]["vocab"]["ab"] = 97;
    expect(tree, "TOK_ID_RANGE", "the id 97 belongs to");
    tree = small();
    tree["added_tokens"][0]["id"] = 5;
    expect(tree, "TOK_ID_RANGE", "the id 5 belongs to");
    tree = small();
    tree["added_tokens"][0]["content"] = "ab";
    expect(tree, "TOK_ID_RANGE", "in the vocabulary it has 256");
    const Error error = error_of(small(), {.vocab_size = 257});
    EXPECT_EQ(error.code, "TOK_ID_RANGE");
    EXPECT_NE(error.message.find("below the vocab_size 257"), std::string::npos) << error.message;
    EXPECT_EQ(error_of(small(), {.vocab_size = 258}).code, "accepted");
    EXPECT_EQ(error_of(small(), {.eos = FolderHints::NamedToken{.text = "</s>"}}).code, "TOK_CONFIG");
}

TEST(TokenizerRefusals, parts_that_are_not_supported_are_named_with_those_that_are) {
    for (const char* key : {"normalizer", "pre_tokenizer", "post_processor", "decoder"}) {
        Json tree = small();
        tree[key] = {{"type", "Unheard"}};
        expect(tree, "TOK_CONFIG", "'Unheard' is not supported, supported are");
    }
    const std::vector<std::tuple<const char*, Json, const char*>> broken{
        {"normalizer", {{"type", "BertNormalizer"}}, "'lowercase' must be true or false"},
        {"normalizer", {{"type", "Precompiled"}, {"precompiled_charsmap", "AA=="}}, "need at least 8"},
        {"normalizer", {{"type", "Precompiled"}, {"precompiled_charsmap", "*"}}, "not base64"},
        {"normalizer", {{"type", "Precompiled"}, {"precompiled_charsmap", "/////wAAAAA="}}, "its trie has 4294967295"},
        {"pre_tokenizer", {{"type", "FixedLength"}, {"length", 0}}, "must be at least 1"},
        {"pre_tokenizer",
         {{"type", "Metaspace"}, {"replacement", "_"}, {"prepend_scheme", "first"}, {"add_prefix_space", false}},
         "contradict"},
        {"decoder", {{"type", "WordPiece"}}, "'prefix' must be a string"},
        {"decoder", {{"type", "BPEDecoder"}, {"suffix", ""}}, "must not be empty"},
    };
    for (const auto& [key, value, says] : broken) {
        Json tree = small();
        tree[key] = value;
        expect(tree, "TOK_CONFIG", says);
    }
    Json tree = small();
    tree["model"]["type"] = "Unheard";
    expect(tree, "TOK_CONFIG", "'Unheard' is not supported, supported are BPE, Unigram, WordLevel, WordPiece");
    tree = small();
    tree["model"]["dropout"] = 0.1;
    expect(tree, "TOK_CONFIG", "dropout");
    tree = small();
    tree["pre_tokenizer"] = nullptr;
    tree["model"]["unk_token"] = "<unk>";
    expect(tree, "TOK_CONFIG", "'<unk>' is not in the vocabulary");
    tree = small();
    tree["truncation"] = {{"max_length", 4}, {"stride", 4}};
    expect(tree, "TOK_CONFIG", "stride 4 must be below max_length 4");
    tree = small();
    tree.erase("model");
    expect(tree, "TOK_CONFIG", "no 'model'");
}

TEST(TokenizerRefusals, models_must_have_what_unknown_words_become) {
    const auto with = [](const Json& model) {
        Json tree = small();
        tree["pre_tokenizer"] = nullptr;
        tree["added_tokens"] = Json::array();
        tree["model"] = model;
        return tree;
    };
    const Json vocab{{"a", 0}, {"b", 1}};
    expect(with({{"type", "WordLevel"}, {"vocab", vocab}, {"unk_token", "[UNK]"}}), "TOK_CONFIG", "'[UNK]'");
    expect(with({{"type", "WordPiece"},
                 {"vocab", vocab},
                 {"unk_token", "[UNK]"},
                 {"continuing_subword_prefix", "##"},
                 {"max_input_chars_per_word", 100}}),
           "TOK_CONFIG", "'[UNK]'");
    const Json pieces = Json::array({Json::array({"a", -1.0}), Json::array({"b", -2.0})});
    expect(with({{"type", "Unigram"}, {"vocab", pieces}}), "TOK_CONFIG", "unk_id");
    expect(with({{"type", "Unigram"}, {"vocab", pieces}, {"unk_id", 2}}), "TOK_CONFIG", "2 pieces");
    expect(with({{"type", "Unigram"}, {"vocab", Json::array({Json::array({"a"})})}, {"unk_id", 0}}), "TOK_CONFIG",
           "a list of a piece and its score");
}

TEST(TokenizerRefusals, added_tokens_are_numbered_one_after_the_other) {
    Json tree = small();
    tree["added_tokens"][0]["id"] = 300;
    expect(tree, "TOK_ID_RANGE", "the next free one is 257");
}

TEST(TokenizerRefusals, templates_must_name_tokens_that_exist) {
    const Json sequence = {{"Sequence", {{"id", "A"}, {"type_id", 0}}}};
    const Json special = {{"SpecialToken", {{"id", "<s>"}, {"type_id", 0}}}};
    const auto with = [&](const Json& single, const Json& tokens) {
        Json tree = small();
        tree["post_processor"] = {{"type", "TemplateProcessing"}, {"single", single}, {"special_tokens", tokens}};
        return tree;
    };
    const auto described = [](const char* token, int id) {
        return Json{{"<s>", {{"id", "<s>"}, {"ids", {id}}, {"tokens", {token}}}}};
    };
    EXPECT_EQ(error_of(with({special, sequence}, described("<s>", 257))).code, "accepted");
    expect(with({special, sequence}, Json::object()), "TOK_CONFIG", "which special_tokens does not have");
    expect(with({special, sequence}, described("<absent>", 1)), "TOK_CONFIG", "'<absent>', which is not in the");
    expect(with({special, sequence}, described("<s>", 3)), "TOK_ID_RANGE", "257");
    expect(with(Json::array({special}), described("<s>", 257)), "TOK_CONFIG", "no sequence A");
    expect(with({sequence, sequence}, Json::object()), "TOK_CONFIG", "once");
}

TEST(TokenizerRefusals, a_byte_level_vocabulary_needs_the_bytes_of_texts) {
    Json tree = small();
    for (int byte = 'c'; byte < 'c' + 17; ++byte) {
        tree["model"]["vocab"].erase(std::string(1, static_cast<char>(byte)));
    }
    expect(tree, "TOK_BYTES_MISSING", "17 of 256");
    // No character but control characters is spelled with these.
    tree = small();
    for (const int byte : {0x04, 0xC0, 0xC1, 0xF5, 0xFF}) {
        tree["model"]["vocab"].erase(byte_alphabet::spelled(std::string(1, static_cast<char>(byte))));
    }
    tree["added_tokens"] = Json::array();
    const auto tokenizer = tokenizer_from_json(tree.dump(), "tokenizer.json");
    ASSERT_TRUE(tokenizer.ok()) << tokenizer.error().to_string();
    EXPECT_EQ((*tokenizer)->encode("x\x04y"), (std::vector<TokenId>{'x', 'y'}));
}

TEST(TokenizerRefusals, regular_expressions_that_could_stall_are_refused) {
    for (const char* expression :
         {"(a+)+$", "(a*)*", "(a|a)*b", "(?:a|b)+", "(?:x?y)+", "a+*", "(a{1,50}){5}", "a*a*a*b", "[a-z]*.*[0-9]*x",
          "((a+)b)*", "(?:a{2,}){2,}", "(a?)(a?)(a?)(a?)(a?)(a?)(a?)(a?)(a?)(a?)(a?)(a?)(a?)aaaa"}) {
        const auto compiled = SplitRegex::compile(expression, "tokenizer.json");
        ASSERT_FALSE(compiled.ok()) << expression;
        EXPECT_EQ(compiled.error().code, "TOK_CONFIG");
        EXPECT_NE(compiled.error().message.find(expression), std::string::npos) << compiled.error().message;
    }
}

TEST(TokenizerRefusals, regular_expressions_outside_the_common_ground_are_refused) {
    for (const char* expression : {"\\X",         "(a)\\1",  "\\Qa",        "(?P<name>a)",  "(*SKIP)",  "\\pL",
                                   "[]",          "[^]a]",   "a{1,2}+",     "a{2}?",        "a{2000}",  "(",
                                   ")",           "[a",      "\\",          "x**",          "+",        "\\xFF",
                                   "[z-a]",       "\\K",     "(?x)a",       "\\u12",        "\\G",      "\\p{Nonsense}",
                                   "[[:cntrl:]]", "(?i:ss)", "(?i:\u00e9)", "(?i:\\p{Lu})", "\\p{Any}", "a(?i)b",
                                   "\\N",         "[a&&",    "{2}"}) {
        EXPECT_FALSE(SplitRegex::compile(expression, "tokenizer.json").ok()) << expression;
    }
    EXPECT_FALSE(SplitRegex::compile(std::string(20000, 'a'), "tokenizer.json").ok());
    EXPECT_FALSE(SplitRegex::compile(std::string(100, '(') + std::string(100, ')'), "tokenizer.json").ok());
}

TEST(TokenizerRefusals, white_space_is_unicodes_white_space) {
    const auto space = SplitRegex::compile("\\s", "");
    const auto in_class = SplitRegex::compile("[\\s]", "");
    const auto other = SplitRegex::compile("\\S", "");
    const auto not_in_class = SplitRegex::compile("[^\\S]", "");
    ASSERT_TRUE(space.ok() && in_class.ok() && other.ok() && not_in_class.ok());
    std::vector<Match> matches;
    for (char32_t code = 1; code < 0x30000; ++code) {
        if (code >= 0xD800 && code <= 0xDFFF) {
            continue;
        }
        std::string text;
        unicode::append(text, code);
        const bool expected = unicode::is_whitespace(code);
        for (const auto* regex : {&*space, &*in_class, &*not_in_class}) {
            (*regex)->find_all(text, matches);
            ASSERT_EQ(!matches.empty(), expected) << std::hex << static_cast<std::uint32_t>(code);
        }
        (*other)->find_all(text, matches);
        ASSERT_EQ(matches.empty(), expected) << std::hex << static_cast<std::uint32_t>(code);
    }
}

TEST(TokenizerRefusals, json_has_bounds) {
    const auto code = [](const std::string& text) { return code_of(tokenizer_from_json(text, "tokenizer.json")); };
    EXPECT_EQ(code(""), "JSON_BROKEN");
    EXPECT_EQ(code("{"), "JSON_BROKEN");
    EXPECT_EQ(code("{\"a\": \"\xFF\"}"), "JSON_BROKEN");
    EXPECT_EQ(code(std::string(100000, '[')), "JSON_TOO_DEEP");
    EXPECT_EQ(code("{\"model\": 1, \"model\": 2}"), "JSON_DUPLICATE_KEY");
    EXPECT_EQ(code("{\"model\": {\"vocab\": {\"a\": 1, \"a\": 2}}}"), "JSON_DUPLICATE_KEY");
    EXPECT_EQ(code("[]"), "TOK_CONFIG");
    EXPECT_EQ(code(std::string((64 << 20) + 1, ' ')), "JSON_TOO_LARGE");
    std::string many = "[1";
    for (int i = 0; i < (4 << 20) + 1; ++i) {
        many += ",1";
    }
    EXPECT_EQ(code(many + "]"), "JSON_TOO_LARGE");
}

GgufVocabulary llama_vocabulary(std::size_t scores, Kv type = f32) {
    GgufVocabulary file;
    file.text("ggml.model", "llama").texts("tokens", {"<unk>", "a", "b"});
    if (type == f32) {
        file.numbers("scores", type, std::vector<float>(scores, 0.0F));
    } else {
        file.numbers("scores", type, std::vector<std::int8_t>(scores, 0));
    }
    return file.id("unknown_token_id", 0);
}

TEST(TokenizerRefusals, scores_must_be_one_float_for_each_token) {
    EXPECT_EQ(code_of(llama_vocabulary(3).parse()), "accepted");
    EXPECT_EQ(code_of(llama_vocabulary(2).parse()), "GGUF_KV_TYPE");
    EXPECT_EQ(code_of(llama_vocabulary(3, i8).parse()), "GGUF_KV_TYPE");
    const auto wrong = llama_vocabulary(4).parse();
    ASSERT_FALSE(wrong.ok());
    EXPECT_NE(wrong.error().message.find("float32[3]"), std::string::npos) << wrong.error().message;
}

TEST(TokenizerRefusals, gguf_kinds_outside_the_list_are_named_with_the_list) {
    const auto of_kind = [](const std::string& model, const std::string& pre) {
        GgufVocabulary file;
        file.text("ggml.model", model).texts("tokens", {"a"}).texts("merges", {});
        if (!pre.empty()) {
            file.text("ggml.pre", pre);
        }
        return file.parse();
    };
    auto unknown_model = of_kind("rwkv", "");
    ASSERT_FALSE(unknown_model.ok());
    EXPECT_EQ(unknown_model.error().code, "TOK_CONFIG");
    EXPECT_NE(unknown_model.error().message.find("gpt2"), std::string::npos);
    auto unknown_pre = of_kind("gpt2", "kimi-k2");
    ASSERT_FALSE(unknown_pre.ok());
    EXPECT_EQ(unknown_pre.error().code, "TOK_CONFIG");
    for (const char* name : {"'kimi-k2'", "smollm", "llama-bpe", "gpt-2", "qwen2"}) {
        EXPECT_NE(unknown_pre.error().message.find(name), std::string::npos) << unknown_pre.error().message;
    }
    auto none = of_kind("none", "");
    ASSERT_FALSE(none.ok());
    EXPECT_NE(none.error().message.find("has no tokenizer"), std::string::npos) << none.error().message;
    EXPECT_EQ(code_of(of_kind("gpt2", "")), "TOK_CONFIG");
    EXPECT_EQ(code_of(of_kind("gpt2", "smollm")), "TOK_BYTES_MISSING");
}

TEST(TokenizerRefusals, gguf_ids_and_lengths_are_checked) {
    EXPECT_EQ(code_of(llama_vocabulary(3).id("eos_token_id", 3).parse()), "TOK_ID_RANGE");
    EXPECT_EQ(code_of(llama_vocabulary(3).id("bos_token_id", 2147483648U).parse()), "TOK_ID_RANGE");
    EXPECT_EQ(code_of(llama_vocabulary(3).flag("add_bos_token", true).parse()), "TOK_CONFIG");
    EXPECT_EQ(code_of(llama_vocabulary(3).flag("add_eos_token", true).parse()), "TOK_CONFIG");
    EXPECT_EQ(code_of(llama_vocabulary(3).numbers("token_type", i32, std::vector<std::int32_t>{1}).parse()),
              "GGUF_KV_TYPE");
    EXPECT_EQ(code_of(llama_vocabulary(3).numbers("token_type", i32, std::vector<std::int32_t>{1, 1, 9}).parse()),
              "TOK_CONFIG");
    GgufVocabulary no_bytes;
    no_bytes.text("ggml.model", "llama").texts("tokens", {"a"}).numbers("scores", f32, std::vector<float>{0});
    EXPECT_EQ(code_of(no_bytes.parse()), "TOK_BYTES_MISSING");
    GgufVocabulary twice;
    twice.text("ggml.model", "llama").texts("tokens", {"a", "a"}).numbers("scores", f32, std::vector<float>{0, 0});
    EXPECT_EQ(code_of(twice.parse()), "TOK_CONFIG");
    GgufVocabulary not_text;
    not_text.text("ggml.model", "llama").texts("tokens", {"\xFF"}).numbers("scores", f32, std::vector<float>{0});
    EXPECT_EQ(code_of(not_text.parse()), "TOK_CONFIG");
}

}  // namespace
}  // namespace tandem::test
