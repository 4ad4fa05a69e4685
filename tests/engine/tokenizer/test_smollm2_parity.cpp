// SmolLM2-135M-Instruct's tokenizer against `tokenizers` 0.23.3 on 10,000 real and 2,000 made-up texts.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <iterator>

#include "engine/api/utf8.h"
#include "engine/tokenizer/chat_template.h"
#include "tests/engine/tokenizer/digest.h"
#include "tests/engine/tokenizer/texts.h"
#include "tests/support/temporary_folder.h"

namespace tandem::test {
namespace {

constexpr const char* how_to_run = "; `./dev test` fetches what this test needs and sets it";

std::vector<std::uint64_t> read_digests() {
    const std::string file = read_file(TANDEM_SOURCE_DIR "/tests/data/tokenizer/smollm2.digests");
    std::vector<std::uint64_t> digests;
    if (file.size() < 16 || file.compare(0, 7, "TDMTOK1") != 0) {
        return digests;
    }
    digests.resize((file.size() - 16) / 8);
    std::memcpy(digests.data(), file.data() + 16, digests.size() * 8);
    return digests;
}

class SmolLm2Parity : public ::testing::Test {
protected:
    static void SetUpTestSuite() {
        if (const char* model = std::getenv("TANDEM_TEST_MODEL")) {
            auto file = GgufFile::open(model);
            if (file.ok()) {
                const auto start = std::chrono::steady_clock::now();
                auto opened = Tokenizer::from_gguf(**file);
                load_ms_ = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
                if (opened.ok()) {
                    tokenizer_ = *opened;
                } else {
                    problem_ = opened.error().to_string();
                }
            } else {
                problem_ = file.error().to_string();
            }
        } else {
            problem_ = "TANDEM_TEST_MODEL is not set";
        }
        if (const char* texts = std::getenv("TANDEM_TEST_TEXTS")) {
            texts_ = read_texts(texts);
        }
    }

    void SetUp() override { ASSERT_NE(tokenizer_, nullptr) << problem_ << how_to_run; }

    static std::shared_ptr<const Tokenizer> tokenizer_;
    static std::vector<std::string> texts_;
    static std::string problem_;
    static double load_ms_;
};

std::shared_ptr<const Tokenizer> SmolLm2Parity::tokenizer_;
std::vector<std::string> SmolLm2Parity::texts_;
std::string SmolLm2Parity::problem_;
double SmolLm2Parity::load_ms_ = 0;

std::string listed(const std::vector<TokenId>& ids) {
    std::string text;
    for (const TokenId id : ids) {
        text += std::to_string(id) + " ";
    }
    return text;
}

TEST_F(SmolLm2Parity, ids_and_decoded_texts_equal_the_reference) {
    const std::vector<std::uint64_t> digests = read_digests();
    ASSERT_EQ(digests.size(), 12000U);
    ASSERT_EQ(texts_.size(), digests.size()) << "TANDEM_TEST_TEXTS names no file with the texts" << how_to_run;
    int shown = 0;
    std::size_t different = 0;
    for (std::size_t i = 0; i < texts_.size(); ++i) {
        const std::vector<TokenId> ids = tokenizer_->encode(texts_[i]);
        const std::string decoded = tokenizer_->decode(ids, false);
        const bool same_ids = digest_of(ids) == digests[i] >> 24;
        const bool same_text = digest_of(decoded) == (digests[i] & 0xFFFFFF);
        different += same_ids && same_text ? 0 : 1;
        if (!(same_ids && same_text) && ++shown <= 10) {
            ADD_FAILURE() << "text " << i << (same_ids ? " decodes" : " encodes") << " differently: " << texts_[i]
                          << "\nids " << listed(ids) << "\ndecoded " << decoded;
        }
    }
    EXPECT_EQ(different, 0U) << "of " << texts_.size();
}

TEST_F(SmolLm2Parity, a_stream_decodes_like_the_whole) {
    ASSERT_FALSE(texts_.empty()) << "TANDEM_TEST_TEXTS names no file with the texts" << how_to_run;
    StreamDecoder stream(tokenizer_);
    for (const std::string& text : texts_) {
        const std::vector<TokenId> ids = tokenizer_->encode(text);
        std::string streamed;
        for (const TokenId id : ids) {
            const std::string part = stream.push(id);
            ASSERT_FALSE(find_invalid_utf8(part)) << text;
            streamed += part;
        }
        streamed += stream.finish();
        ASSERT_EQ(streamed, tokenizer_->decode(ids));
    }
}

TEST_F(SmolLm2Parity, it_knows_its_special_tokens) {
    EXPECT_EQ(tokenizer_->vocab_size(), 49152);
    EXPECT_EQ(tokenizer_->kind(), "byte-level BPE (smollm)");
    EXPECT_EQ(tokenizer_->bos(), 1);
    EXPECT_EQ(tokenizer_->eos(), 2);
    EXPECT_EQ(tokenizer_->end_ids(), (std::vector<TokenId>{2, 0}));
    EXPECT_EQ(tokenizer_->find("<|im_start|>"), 1);
    EXPECT_TRUE(tokenizer_->is_special(16));
    EXPECT_FALSE(tokenizer_->is_special(17));
    EXPECT_EQ(tokenizer_->encode("<|im_start|>"), (std::vector<TokenId>{1}));
    EXPECT_GT(tokenizer_->encode("<|im_start|>", {.parse_special = false}).size(), 3U);
}

TEST_F(SmolLm2Parity, its_chat_template_renders) {
    auto parsed = ChatTemplate::parse(tokenizer_->chat_template());
    ASSERT_TRUE(parsed.ok()) << parsed.error().to_string();
    auto text = parsed->render({{"user", "Hi"}}, {});
    ASSERT_TRUE(text.ok()) << text.error().to_string();
    EXPECT_EQ(*text,
              "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n"
              "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n");
}

// 300 ms are promised on a machine nothing else runs on; sanitizers and busy machines get ten times that.
TEST_F(SmolLm2Parity, it_loads_quickly) {
    RecordProperty("load_ms", std::to_string(load_ms_));
    std::cout << "vocabulary read in " << load_ms_ << " ms\n";
    EXPECT_LT(load_ms_, 3000);
}

TEST_F(SmolLm2Parity, long_texts_take_time_in_proportion) {
    const auto seconds = [&](std::size_t size) {
        const std::string text(size, 'a');
        const auto start = std::chrono::steady_clock::now();
        EXPECT_FALSE(tokenizer_->encode(text).empty());
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    };
    seconds(1 << 14);
    const double small = seconds(1 << 17);
    const double large = seconds(1 << 20);
    EXPECT_LT(large, 30 * small + 0.05) << "eight times the text, one word: " << small << " s and " << large << " s";
}

}  // namespace
}  // namespace tandem::test
