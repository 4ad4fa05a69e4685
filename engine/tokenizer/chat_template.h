// Renders a chat template: Jinja as model files use it and as transformers sets it up, interpreted with bounds on
// steps, output and depth. Nothing outside the variables can be reached from a template but the date. Errors:
// TEMPLATE_REFUSED (what Jinja would not render either, or is not supported, with line:column), TEMPLATE_STEP_LIMIT,
// TEMPLATE_RAISED (the template's own raise_exception, in its words), JSON_* and TEMPLATE_INPUT of variables given as
// JSON. Thread rule: const after parse.
#pragma once

#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/api/result.h"

namespace tandem {

struct ChatMessage {
    std::string role;  // system, user, assistant, tool
    std::string content;
};

struct ChatVariables {
    bool add_generation_prompt = true;
    std::string bos_token;  // empty: the model has none, and the variable is not defined
    std::string eos_token;
    std::vector<std::pair<std::string, std::string>> tokens;  // more of them: {"unk_token", "<unk>"}
    std::optional<std::time_t> now;                           // what strftime_now sees; absent: the system's clock
};

class ChatTemplate {
public:
    static Result<ChatTemplate> parse(std::string_view source);
    Result<std::string> render(const std::vector<ChatMessage>& messages, const ChatVariables& variables) const;
    // `input` is JSON: the list of messages (with whatever fields they have: content as a list of parts, tool_calls
    // ...), or an object with "messages" and any other variables by the names of transformers' apply_chat_template:
    // tools, documents, add_generation_prompt, enable_thinking ... They come before those of `variables`.
    Result<std::string> render_json(std::string_view input, const ChatVariables& variables) const;

    struct Node;

private:
    std::shared_ptr<const Node> root_;
};

}  // namespace tandem
