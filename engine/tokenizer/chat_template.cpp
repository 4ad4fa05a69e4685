#include "engine/tokenizer/chat_template.h"

#include "engine/api/utf8.h"
#include "engine/tokenizer/template_eval.h"
#include "engine/tokenizer/unicode.h"

namespace tandem {

struct ChatTemplate::Node {
    std::vector<std::unique_ptr<jinja::Statement>> body;
};

namespace {

constexpr std::size_t longest_source = 1U << 20;

jinja::Value text(std::string_view content) {
    return jinja::Value::text(unicode::valid_utf8(content));
}

}  // namespace

Result<ChatTemplate> ChatTemplate::parse(std::string_view source) {
    const auto refused = [](const std::string& message) {
        return Error{.code = "TEMPLATE_REFUSED", .message = message, .where = "chat template"};
    };
    if (source.size() > longest_source) {
        return refused("the template has " + std::to_string(source.size()) + " bytes, allowed are " +
                       std::to_string(longest_source));
    }
    if (const auto at = find_invalid_utf8(source)) {
        return refused("the template is not UTF-8 at byte " + std::to_string(*at));
    }
    try {
        auto root = std::make_shared<Node>();
        root->body = jinja::parse_template(source);
        ChatTemplate made;
        made.root_ = std::move(root);
        return made;
    } catch (jinja::TemplateStop& stop) {
        return std::move(stop.error);
    }
}

// The variables are those transformers gives: tools and documents are there, and none.
Result<std::string> ChatTemplate::render(const std::vector<ChatMessage>& messages,
                                         const ChatVariables& variables) const {
    if (!root_) {
        return std::string();
    }
    std::vector<jinja::Value> list;
    for (const ChatMessage& message : messages) {
        list.push_back(jinja::Value::dict({{"role", text(message.role)}, {"content", text(message.content)}}));
    }
    try {
        jinja::Renderer renderer({
            {"messages", jinja::Value::list(std::move(list))},
            {"tools", jinja::Value()},
            {"documents", jinja::Value()},
            {"add_generation_prompt", jinja::Value::boolean(variables.add_generation_prompt)},
            {"bos_token", text(variables.bos_token)},
            {"eos_token", text(variables.eos_token)},
        });
        return renderer.run(root_->body);
    } catch (jinja::TemplateStop& stop) {
        return std::move(stop.error);
    }
}

}  // namespace tandem
