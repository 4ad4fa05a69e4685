// For tests/data/compare_templates.py: reads lines of JSON {"template", "inputs": [text of JSON ...], "tokens": {...},
// "now"} and answers each with a line, a list of {"text"} or {"code", "message"}.
#include <iostream>
#include <nlohmann/json.hpp>

#include "engine/tokenizer/chat_template.h"

int main() {
    using nlohmann::json;
    std::ios::sync_with_stdio(false);
    const auto shown = [](const tandem::Error& error) {
        return json{{"code", error.code}, {"message", error.message + " at " + error.where}};
    };
    for (std::string line; std::getline(std::cin, line);) {
        const json task = json::parse(line);
        const auto parsed = tandem::ChatTemplate::parse(task["template"].get<std::string>());
        tandem::ChatVariables variables{.now = task["now"].get<std::time_t>()};
        for (const auto& [name, token] : task["tokens"].items()) {
            variables.tokens.emplace_back(name, token.get<std::string>());
        }
        json answers = json::array();
        for (const json& input : task["inputs"]) {
            if (!parsed.ok()) {
                answers.push_back(shown(parsed.error()));
                continue;
            }
            const auto text = parsed->render_json(input.get<std::string>(), variables);
            answers.push_back(text.ok() ? json{{"text", *text}} : shown(text.error()));
        }
        std::cout << answers.dump() << std::endl;
    }
    return 0;
}
