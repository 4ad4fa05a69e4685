// Chat templates against jinja2 3.1.6, set up as transformers sets it up. Fixtures: make_template_fixtures.py.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/tokenizer/chat_template.h"

namespace tandem::test {
namespace {

using Json = nlohmann::json;

const Json& fixtures() {
    static const Json loaded = [] {
        std::ifstream stream(TANDEM_SOURCE_DIR "/tests/data/tokenizer/templates.json");
        return Json::parse(stream, nullptr, false);
    }();
    return loaded;
}

std::vector<ChatMessage> conversation(const Json& lines) {
    std::vector<ChatMessage> messages;
    for (const Json& line : lines) {
        messages.push_back({line[0].get<std::string>(), line[1].get<std::string>()});
    }
    return messages;
}

void expect_rendered(const std::string& source, const Json& messages, bool prompt, const Json& expected) {
    auto parsed = ChatTemplate::parse(source);
    ASSERT_TRUE(parsed.ok()) << parsed.error().to_string() << "\n" << source;
    auto text =
        parsed->render(conversation(messages),
                       {.add_generation_prompt = prompt, .bos_token = "<s>", .eos_token = "</s>", .now = 1767323045});
    if (expected.contains("raises")) {
        ASSERT_FALSE(text.ok()) << source << "\nrendered " << *text;
        EXPECT_EQ(text.error().code, "TEMPLATE_RAISED") << text.error().to_string();
        EXPECT_NE(text.error().message.find(expected["raises"].get<std::string>().substr(0, 60)), std::string::npos)
            << text.error().message;
        return;
    }
    ASSERT_TRUE(text.ok()) << text.error().to_string() << "\n" << source;
    EXPECT_EQ(*text, expected["text"].get<std::string>()) << source;
}

TEST(TemplateParity, families_render_every_conversation_alike) {
    ASSERT_EQ(fixtures()["families"].size(), 8U);
    for (const Json& family : fixtures()["families"]) {
        SCOPED_TRACE(family["name"].get<std::string>());
        for (std::size_t i = 0; i < fixtures()["conversations"].size(); ++i) {
            for (const bool prompt : {false, true}) {
                expect_rendered(family["source"].get<std::string>(), fixtures()["conversations"][i], prompt,
                                family["results"][i][prompt ? 1 : 0]);
            }
        }
    }
}

TEST(TemplateParity, constructs_render_alike) {
    ASSERT_GT(fixtures()["snippets"].size(), 60U);
    for (const Json& snippet : fixtures()["snippets"]) {
        expect_rendered(snippet["source"].get<std::string>(), fixtures()["conversations"][2], true, snippet);
    }
}

}  // namespace
}  // namespace tandem::test
