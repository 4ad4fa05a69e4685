#include "engine/tokenizer/chat_template.h"

#include "engine/api/utf8.h"
#include "engine/tokenizer/template_eval.h"
#include "engine/tokenizer/template_input.h"
#include "engine/tokenizer/unicode.h"

namespace tandem {

struct ChatTemplate::Node {
    jinja::Template parsed;
};

namespace {

constexpr std::size_t longest_source = 1U << 20;

using Variables = std::vector<std::pair<std::string, jinja::Value>>;

jinja::Value text(std::string_view content) {
    return jinja::Value::text(unicode::valid_utf8(content));
}

// What transformers always gives, tools and documents being none, and the model's special tokens. Later ones win.
Variables standing(const ChatVariables& given) {
    Variables variables{
        {"tools", jinja::Value()},
        {"documents", jinja::Value()},
        {"add_generation_prompt", jinja::Value::boolean(given.add_generation_prompt)},
    };
    for (const auto& [name, token] : given.tokens) {
        variables.emplace_back(name, text(token));
    }
    for (const auto& [name, token] :
         {std::pair{"bos_token", &given.bos_token}, std::pair{"eos_token", &given.eos_token}}) {
        if (!token->empty()) {
            variables.emplace_back(name, text(*token));
        }
    }
    return variables;
}

Result<std::string> rendered(const jinja::Template& parsed, Variables variables, const ChatVariables& given) {
    try {
        jinja::Renderer renderer(std::move(variables), given.now);
        return renderer.run(parsed);
    } catch (jinja::TemplateStop& stop) {
        return std::move(stop.error);
    }
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
        root->parsed = jinja::parse_template(source);
        ChatTemplate made;
        made.root_ = std::move(root);
        return made;
    } catch (jinja::TemplateStop& stop) {
        return std::move(stop.error);
    }
}

Result<std::string> ChatTemplate::render(const std::vector<ChatMessage>& messages,
                                         const ChatVariables& variables) const {
    if (!root_) {
        return std::string();
    }
    std::vector<jinja::Value> list;
    for (const ChatMessage& message : messages) {
        list.push_back(jinja::Value::dict({{jinja::Value::text("role"), text(message.role)},
                                           {jinja::Value::text("content"), text(message.content)}}));
    }
    Variables all = standing(variables);
    all.emplace_back("messages", jinja::Value::list(std::move(list)));
    return rendered(root_->parsed, std::move(all), variables);
}

Result<std::string> ChatTemplate::render_json(std::string_view input, const ChatVariables& variables) const {
    if (!root_) {
        return std::string();
    }
    Variables all = standing(variables);
    for (auto& variable : TANDEM_TRY(jinja::read_variables(input))) {
        all.push_back(std::move(variable));
    }
    return rendered(root_->parsed, std::move(all), variables);
}

}  // namespace tandem
