// Any bytes as a chat template, and behind a zero byte as a conversation; what is accepted must render or fail within
// its bounds.
#include <cstdlib>

#include "engine/api/utf8.h"
#include "engine/tokenizer/chat_template.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tandem;
    constexpr std::string_view usual =
        R"({"messages": [{"role": "system", "content": "Be brief."},)"
        R"( {"role": "user", "content": [{"type": "text", "text": "Hi \ud83d\ude42"}, {"type": "image"}]},)"
        R"( {"role": "assistant", "content": null, "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": {"a": 1.5}}}]},)"
        R"( {"role": "tool", "content": "<a>"}], "tools": [{"type": "function", "function": {"name": "f", "parameters": {}}}]})";
    const std::string_view all(reinterpret_cast<const char*>(data), size);
    const std::size_t zero = all.find('\0');
    const auto parsed = ChatTemplate::parse(all.substr(0, zero));
    if (!parsed.ok()) {
        return 0;
    }
    const ChatVariables variables{.bos_token = "<s>", .eos_token = "</s>", .now = 1767323045};
    const auto text = parsed->render_json(zero == std::string_view::npos ? usual : all.substr(zero + 1), variables);
    if (text.ok() && find_invalid_utf8(*text)) {
        std::abort();
    }
    return 0;
}
