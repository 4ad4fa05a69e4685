// Tokenizers written to GGUF and to tokenizer.json: the same ids, or a refusal.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "engine/convert/tokenizer_entries.h"
#include "engine/convert/tokenizer_files.h"
#include "engine/convert/tokenizer_probe.h"
#include "engine/tensor/gguf_write.h"
#include "tests/support/temporary_folder.h"

namespace tandem::test {
namespace {

using Json = nlohmann::ordered_json;

// A byte-level BPE over the 256 bytes' letters and a few merges. `pre` as in tokenizer.json.
Json byte_level_json(const Json& pre, bool ignore_merges) {
    Json vocab = Json::object();
    std::int64_t next = 0;
    for (int value = 0, above = 0; value < 256; ++value) {
        const bool shown = (value >= 0x21 && value <= 0x7E) || (value >= 0xA1 && value <= 0xAC) || value >= 0xAE;
        const int code = shown ? value : 0x100 + above++;
        std::string letter;
        if (code < 0x80) {
            letter = static_cast<char>(code);
        } else {
            letter = {static_cast<char>(0xC0 | (code >> 6)), static_cast<char>(0x80 | (code & 0x3F))};
        }
        vocab[letter] = next++;
    }
    Json merges = Json::array();
    for (const auto& [left, right] : {std::pair{"h", "e"}, std::pair{"l", "l"}, std::pair{"he", "ll"},
                                      std::pair{"1", "2"}, std::pair{"12", "3"}, std::pair{"\xC4\xA0", "t"}}) {
        vocab[std::string(left) + right] = next++;
        merges.push_back({left, right});
    }
    vocab["quick"] = next++;  // reached only where merges are ignored
    return {
        {"version", "1.0"},
        {"added_tokens",
         {{{"id", next},
           {"content", "<|end|>"},
           {"single_word", false},
           {"lstrip", false},
           {"rstrip", false},
           {"normalized", false},
           {"special", true}}}},
        {"normalizer", nullptr},
        {"pre_tokenizer", pre},
        {"post_processor", nullptr},
        {"decoder", {{"type", "ByteLevel"}, {"add_prefix_space", true}, {"trim_offsets", true}, {"use_regex", true}}},
        {"model",
         {{"type", "BPE"},
          {"dropout", nullptr},
          {"unk_token", nullptr},
          {"continuing_subword_prefix", nullptr},
          {"end_of_word_suffix", nullptr},
          {"fuse_unk", false},
          {"byte_fallback", false},
          {"ignore_merges", ignore_merges},
          {"vocab", vocab},
          {"merges", merges}}}};
}

Json byte_level_step(bool regex) {
    return {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", regex}};
}

struct Made {
    std::string pre;
    std::shared_ptr<const GgufFile> file;
    std::string bytes;
};

Made made_of(const std::vector<GgufEntry>& entries) {
    Made made;
    made.bytes = gguf_head(entries, {}).value();
    made.file = GgufFile::parse(std::as_bytes(std::span(made.bytes)), "made").value();
    made.pre = made.file->text("tokenizer.ggml.pre").value();
    return made;
}

void write_folder(const std::filesystem::path& folder, const Json& tokenizer) {
    write_file(folder / "tokenizer.json", tokenizer.dump());
    write_file(folder / "tokenizer_config.json", R"({"eos_token": "<|end|>", "chat_template": "{{ messages }}"})");
}

TEST(ConvertTokenizer, the_pre_tokenizer_is_found_by_what_it_does) {
    const Json digits{{"type", "Digits"}, {"individual_digits", true}};
    const Json llama3{
        {"type", "Split"},
        {"pattern",
         {{"Regex",
           R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"}}},
        {"behavior", "Isolated"},
        {"invert", false}};
    const auto sequence = [](const Json& first, const Json& second) {
        return Json{{"type", "Sequence"}, {"pretokenizers", {first, second}}};
    };
    struct Case {
        std::string name;
        Json pre;
        bool ignore_merges;
    };
    const std::vector<Case> cases{{"gpt-2", byte_level_step(true), false},
                                  {"smollm", sequence(digits, byte_level_step(true)), false},
                                  {"llama-bpe", sequence(llama3, byte_level_step(false)), true}};
    for (const Case& of : cases) {
        const TemporaryFolder folder;
        write_folder(folder.path(), byte_level_json(of.pre, of.ignore_merges));
        const auto entries = tokenizer_entries(folder.path(), 300);
        ASSERT_TRUE(entries.ok()) << of.name << ": " << entries.error().to_string();
        const Made made = made_of(*entries);
        EXPECT_EQ(made.pre, of.name);
        EXPECT_EQ(made.file->texts("tokenizer.ggml.tokens")->size(), 300U) << "filled up to the embedding's rows";
        EXPECT_EQ(*made.file->text("tokenizer.chat_template"), "{{ messages }}");
        const auto own = Tokenizer::from_folder(folder.path()).value();
        const auto read = Tokenizer::from_gguf(*made.file).value();
        EXPECT_EQ(read->eos(), own->eos());
        EXPECT_EQ(first_difference(*own, *read), std::nullopt);

        // And back to the files of a folder.
        const TemporaryFolder back;
        Json config = Json::object();
        const auto files = write_tokenizer_files(*made.file, back.path(), config);
        ASSERT_TRUE(files.ok()) << files.error().to_string();
        const auto again = Tokenizer::from_folder(back.path()).value();
        EXPECT_EQ(first_difference(*own, *again), std::nullopt);
        EXPECT_EQ(again->chat_template(), "{{ messages }}");
        EXPECT_EQ(config["eos_token_id"], *own->eos());
    }
}

TEST(ConvertTokenizer, one_that_gguf_cannot_name_is_refused) {
    const TemporaryFolder folder;
    const Json odd{
        {"type", "Sequence"},
        {"pretokenizers",
         {{{"type", "Split"}, {"pattern", {{"Regex", "[aeiou]"}}}, {"behavior", "Isolated"}, {"invert", false}},
          byte_level_step(true)}}};
    Json json = byte_level_json(odd, false);
    write_folder(folder.path(), json);
    EXPECT_EQ(tokenizer_entries(folder.path(), 300).error().code, "CONVERT_TOKENIZER");
    write_folder(folder.path(), byte_level_json(byte_level_step(true), false));
    EXPECT_EQ(tokenizer_entries(folder.path(), 100).error().code, "CONVERT_TOKENIZER") << "more tokens than rows";
}

// A SentencePiece vocabulary: bytes, letters and pieces by score.
Json byte_fallback_json(bool prefix) {
    Json vocab{{"<unk>", 0}, {"<s>", 1}, {"</s>", 2}};
    std::int64_t next = 3;
    for (int value = 0; value < 256; ++value) {
        char name[8];
        std::snprintf(name, sizeof name, "<0x%02X>", static_cast<unsigned>(value));
        vocab[name] = next++;
    }
    for (const char* letter : {"\xE2\x96\x81", "h", "e", "l", "o", "w", "r", "d", "t"}) {
        vocab[letter] = next++;
    }
    Json merges = Json::array();
    for (const auto& [left, right] :
         {std::pair{"h", "e"}, std::pair{"l", "l"}, std::pair{"he", "ll"}, std::pair{"\xE2\x96\x81", "t"},
          std::pair{"hell", "o"}, std::pair{"o", "r"}, std::pair{"\xE2\x96\x81t", "he"}}) {
        vocab[std::string(left) + right] = next++;
        merges.push_back({left, right});
    }
    const Json replace{{"type", "Replace"}, {"pattern", {{"String", " "}}}, {"content", "\xE2\x96\x81"}};
    const Json prepend{{"type", "Prepend"}, {"prepend", "\xE2\x96\x81"}};
    Json decoders = Json::array();
    decoders.push_back({{"type", "Replace"}, {"pattern", {{"String", "\xE2\x96\x81"}}}, {"content", " "}});
    decoders.push_back({{"type", "ByteFallback"}});
    decoders.push_back({{"type", "Fuse"}});
    if (prefix) {
        decoders.push_back({{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}});
    }
    Json added = Json::array();
    for (const auto& [id, text] : {std::pair{0, "<unk>"}, std::pair{1, "<s>"}, std::pair{2, "</s>"}}) {
        added.push_back({{"id", id},
                         {"content", text},
                         {"single_word", false},
                         {"lstrip", false},
                         {"rstrip", false},
                         {"normalized", false},
                         {"special", true}});
    }
    const Json single{{{"SpecialToken", {{"id", "<s>"}, {"type_id", 0}}}},
                      {{"Sequence", {{"id", "A"}, {"type_id", 0}}}}};
    Json pair = single;
    pair.push_back({{"Sequence", {{"id", "B"}, {"type_id", 0}}}});
    return {{"version", "1.0"},
            {"added_tokens", added},
            {"normalizer", prefix ? Json{{"type", "Sequence"}, {"normalizers", {prepend, replace}}} : replace},
            {"pre_tokenizer", nullptr},
            {"post_processor",
             {{"type", "TemplateProcessing"},
              {"single", single},
              {"pair", pair},
              {"special_tokens", {{"<s>", {{"id", "<s>"}, {"ids", {1}}, {"tokens", {"<s>"}}}}}}}},
            {"decoder", {{"type", "Sequence"}, {"decoders", decoders}}},
            {"model",
             {{"type", "BPE"},
              {"dropout", nullptr},
              {"unk_token", "<unk>"},
              {"continuing_subword_prefix", nullptr},
              {"end_of_word_suffix", nullptr},
              {"fuse_unk", true},
              {"byte_fallback", true},
              {"ignore_merges", false},
              {"vocab", vocab},
              {"merges", merges}}}};
}

TEST(ConvertTokenizer, sentencepiece_vocabularies_go_there_and_back) {
    for (const bool prefix : {true, false}) {
        const TemporaryFolder folder;
        write_file(folder / "tokenizer.json", byte_fallback_json(prefix).dump());
        write_file(folder / "tokenizer_config.json", R"({"bos_token": "<s>", "eos_token": "</s>"})");
        const auto entries = tokenizer_entries(folder.path(), 275);
        ASSERT_TRUE(entries.ok()) << entries.error().to_string();
        const Made made = made_of(*entries);
        EXPECT_EQ(*made.file->text("tokenizer.ggml.model"), "llama");
        EXPECT_EQ(std::get<bool>(made.file->metadata().at("tokenizer.ggml.add_space_prefix")), prefix);
        EXPECT_EQ(std::get<bool>(made.file->metadata().at("tokenizer.ggml.add_bos_token")), true);
        const auto own = Tokenizer::from_folder(folder.path()).value();
        const TemporaryFolder back;
        Json config = Json::object();
        const auto files = write_tokenizer_files(*made.file, back.path(), config);
        ASSERT_TRUE(files.ok()) << files.error().to_string();
        const auto again = Tokenizer::from_folder(back.path()).value();
        EXPECT_EQ(first_difference(*own, *again), std::nullopt);
        EXPECT_EQ(config["bos_token_id"], 1);
    }
}

TEST(ConvertTokenizer, sampling_defaults_are_kept) {
    const TemporaryFolder folder;
    EXPECT_TRUE(sampling_entries(folder.path()).empty());
    write_file(folder / "generation_config.json",
               R"({"temperature": 0.7, "top_k": 40, "top_p": "wrong", "max_length": 20, "do_sample": true})");
    const auto entries = sampling_entries(folder.path());
    ASSERT_EQ(entries.size(), 2U);
    EXPECT_EQ(entries[0].key, "general.sampling.temp");
    EXPECT_EQ(entries[1].key, "general.sampling.top_k");
}

}  // namespace
}  // namespace tandem::test
