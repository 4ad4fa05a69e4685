// Renders a chat template: the subset of Jinja that model files use, interpreted with bounds on steps, output and
// depth. Nothing outside the messages can be reached from a template. Errors: TEMPLATE_REFUSED (a construct outside the
// subset, with line:column), TEMPLATE_STEP_LIMIT, TEMPLATE_RAISED (the template's own raise_exception). Thread rule:
// const after parse.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/result.h"

namespace tandem {

struct ChatMessage {
    std::string role;  // system, user, assistant, tool
    std::string content;
};

struct ChatVariables {
    bool add_generation_prompt = true;
    std::string bos_token;
    std::string eos_token;
};

class ChatTemplate {
public:
    static Result<ChatTemplate> parse(std::string_view source);
    Result<std::string> render(const std::vector<ChatMessage>& messages, const ChatVariables& variables) const;

    struct Node;

private:
    std::shared_ptr<const Node> root_;
};

}  // namespace tandem
