// Damaged and doubtful vocabulary files: refused with a reason, never read wrongly.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "engine/tokenizer/tokenizer.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

const fs::path fixtures = fs::path(TANDEM_SOURCE_DIR) / "tests/data/vocabularies";

std::string read(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

class VocabularyRefusals : public testing::Test {
protected:
    VocabularyRefusals() : folder_(fs::path(testing::TempDir()) / ("vocabulary-" + std::to_string(getpid()))) {
        fs::create_directories(folder_);
    }
    ~VocabularyRefusals() override { fs::remove_all(folder_); }

    void copy(const std::string& name) {
        for (const auto& entry : fs::directory_iterator(fixtures / name)) {
            fs::copy(entry.path(), folder_, fs::copy_options::overwrite_existing);
        }
    }
    void write(const std::string& name, const std::string& text) {
        std::ofstream(folder_ / name, std::ios::binary) << text;
    }
    std::string code() const {
        const auto opened = Tokenizer::open(folder_);
        return opened ? "opened" : opened.error().code;
    }
    std::string message() const {
        const auto opened = Tokenizer::open(folder_);
        return opened ? "opened" : opened.error().message;
    }

    fs::path folder_;
};

TEST_F(VocabularyRefusals, a_model_file_that_is_cut_short_is_refused_at_every_length) {
    for (const std::string name : {"t5", "m2m100", "llama"}) {
        copy(name);
        const std::string file = name == "t5"      ? "spiece.model"
                                 : name == "llama" ? "tokenizer.model"
                                                   : "sentencepiece.bpe.model";
        const std::string whole = read(folder_ / file);
        std::size_t refused = 0;
        for (std::size_t size = 1; size < whole.size(); size += 97) {
            write(file, whole.substr(0, size));
            refused += code() != "opened" ? 1 : 0;
        }
        EXPECT_EQ(refused, (whole.size() - 1 + 96) / 97) << name;
        fs::remove_all(folder_);
        fs::create_directories(folder_);
    }
}

TEST_F(VocabularyRefusals, damaged_bytes_never_do_harm) {
    copy("m2m100");
    const std::string whole = read(folder_ / "sentencepiece.bpe.model");
    for (std::size_t at = 0; at < whole.size(); at += 131) {
        std::string damaged = whole;
        damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
        write("sentencepiece.bpe.model", damaged);
        const auto opened = Tokenizer::open(folder_);
        if (opened) {
            const auto ids = (*opened)->encode("Hello  \xEF\xAC\x83 world \xE2\x80\x8B");
            (void)(*opened)->decode(ids);
        }
    }
}

TEST_F(VocabularyRefusals, what_is_no_sentencepiece_model_is_said_to_be_none) {
    copy("t5");
    for (const std::string& text :
         {std::string("{\"a\": 1}"), std::string("version https://git-lfs.github.com/spec/v1"),
          std::string(100, '\xFF'), std::string(1, '\0')}) {
        write("spiece.model", text);
        EXPECT_EQ(code(), "TOK_SENTENCEPIECE") << text;
    }
}

TEST_F(VocabularyRefusals, a_class_that_nothing_names_is_asked_for) {
    copy("t5");
    fs::remove(folder_ / "tokenizer_config.json");
    EXPECT_EQ(code(), "TOK_CONFIG");
    EXPECT_NE(message().find("tokenizer_class"), std::string::npos) << message();
    write("tokenizer_config.json", R"({"tokenizer_class": "AlbertTokenizer"})");
    EXPECT_NE(message().find("AlbertTokenizer"), std::string::npos) << message();
}

TEST_F(VocabularyRefusals, a_language_that_is_no_token_is_refused) {
    copy("mbart");
    write("tokenizer_config.json", R"({"tokenizer_class": "MBartTokenizer", "src_lang": "xx_XX"})");
    EXPECT_EQ(code(), "TOK_CONFIG");
    EXPECT_NE(message().find("xx_XX"), std::string::npos) << message();
}

TEST_F(VocabularyRefusals, ids_given_twice_are_refused) {
    copy("marian");
    write("vocab.json", R"({"</s>": 0, "<unk>": 1, "a": 1, "<pad>": 2})");
    EXPECT_EQ(code(), "TOK_ID_RANGE");
}

TEST_F(VocabularyRefusals, a_vocabulary_beyond_the_models_is_refused) {
    copy("byt5");
    write("config.json", R"({"model_type": "t5", "vocab_size": 100})");
    EXPECT_EQ(code(), "TOK_ID_RANGE");
}

TEST_F(VocabularyRefusals, a_rank_file_must_have_every_byte) {
    copy("qwen");
    write("qwen.tiktoken", "YQ== 0\nYg== 1\n");
    EXPECT_EQ(code(), "TOK_BYTES_MISSING");
    write("qwen.tiktoken", "YQ== zero\n");
    EXPECT_EQ(code(), "TOK_CONFIG");
}

}  // namespace
}  // namespace tandem
