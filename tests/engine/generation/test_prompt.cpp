#include "engine/generation/prompt.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tests/support/fake_tokenizer.h"

namespace tandem {
namespace {

using test::FakeTokenizer;

std::string as_text(const Result<std::vector<TokenId>>& ids) {
    return ids.ok() ? FakeTokenizer().decode(*ids, false) : ids.error().to_string();
}

constexpr const char* chat =
    "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}{% if add_generation_prompt %}<assistant>{% endif "
    "%}";

TEST(Prompt, a_chat_prompt_goes_through_the_template_with_the_system_message_first) {
    const auto tokenizer = std::make_shared<FakeTokenizer>(std::vector<std::string>{}, chat);
    const auto encoder = PromptEncoder::create(tokenizer, true, "Be brief.");
    ASSERT_TRUE(encoder.ok()) << encoder.error().to_string();
    EXPECT_TRUE(encoder->uses_template());
    EXPECT_EQ(as_text(encoder->encode("Hi")), "<system>Be brief.<user>Hi<assistant>");
    EXPECT_EQ(as_text(PromptEncoder::create(tokenizer, true, "")->encode("Hi")), "<user>Hi<assistant>");
}

TEST(Prompt, plain_prompts_and_models_without_a_template_keep_the_text) {
    const auto with_template = std::make_shared<FakeTokenizer>(std::vector<std::string>{}, chat);
    EXPECT_EQ(as_text(PromptEncoder::create(with_template, false, "unused")->encode("Once upon")), "Once upon");
    const auto without = PromptEncoder::create(std::make_shared<FakeTokenizer>(), true, "");
    EXPECT_FALSE(without->uses_template());
    EXPECT_EQ(as_text(without->encode("Once upon")), "Once upon");
}

TEST(Prompt, spans_are_of_the_prompt_and_not_of_its_template) {
    const auto tokenizer = std::make_shared<FakeTokenizer>(std::vector<std::string>{}, chat);
    const auto encoder = PromptEncoder::create(tokenizer, true, "Hi").value();
    const Encoding encoding = encoder.encode_with_spans("Hi").value();
    EXPECT_EQ(FakeTokenizer().decode(encoding.ids, false), "<system>Hi<user>Hi<assistant>");
    std::vector<ByteSpan> expected(16, ByteSpan{0, 0});
    expected.insert(expected.end(), {{0, 1}, {1, 2}});
    expected.insert(expected.end(), 11, ByteSpan{2, 2});
    EXPECT_EQ(encoding.spans, expected);
}

TEST(Prompt, a_template_that_trims_the_prompt_keeps_its_places_and_one_that_changes_it_is_refused) {
    const auto encode = [](const char* content) {
        const std::string source = std::string("<{{ messages[0].") + content + " }}>";
        const auto tokenizer = std::make_shared<FakeTokenizer>(std::vector<std::string>{}, source);
        return PromptEncoder::create(tokenizer, true, "").value().encode_with_spans(" ab ");
    };
    const auto trimmed = encode("content | trim");
    ASSERT_TRUE(trimmed.ok()) << trimmed.error().to_string();
    EXPECT_EQ(trimmed->spans, (std::vector<ByteSpan>{{1, 1}, {1, 2}, {2, 3}, {3, 3}}));
    EXPECT_EQ(encode("content | upper").error().code, "PROMPT_CHANGED");
}

TEST(Prompt, a_template_outside_the_subset_is_refused) {
    const auto tokenizer = std::make_shared<FakeTokenizer>(std::vector<std::string>{}, "{{ ''.__class__ }}");
    const auto encoder = PromptEncoder::create(tokenizer, true, "");
    const bool refused = !encoder.ok() || !encoder->encode("Hi").ok();
    EXPECT_TRUE(refused);
}

TEST(Prompt, synthetic_ids_depend_on_the_seed_alone_and_are_never_special) {
    const FakeTokenizer tokenizer({"longer"});
    const auto ids = synthetic_prompt(5000, 300, &tokenizer, 1);
    EXPECT_EQ(ids, synthetic_prompt(5000, 300, &tokenizer, 1));
    EXPECT_NE(ids, synthetic_prompt(5000, 300, &tokenizer, 2));
    const std::set<TokenId> distinct(ids.begin(), ids.end());
    EXPECT_FALSE(distinct.contains(FakeTokenizer::end_of_text));
    EXPECT_EQ(distinct.size(), 257u);
    EXPECT_EQ(*distinct.rbegin(), FakeTokenizer::first_longer);
}

TEST(Prompt, without_a_tokenizer_synthetic_ids_are_drawn_from_the_whole_vocabulary) {
    const auto ids = synthetic_prompt(1000, 4, nullptr, 1);
    EXPECT_EQ(std::set<TokenId>(ids.begin(), ids.end()), (std::set<TokenId>{0, 1, 2, 3}));
}

}  // namespace
}  // namespace tandem
