// tandem model render: a conversation through a model's chat template, as text or ids. Needs no weights, no worker.
#include <nlohmann/json.hpp>

#include "app/cli/interrupt.h"
#include "app/cli/model_commands.h"
#include "app/cli/open_tokenizer.h"
#include "app/cli/output.h"
#include "engine/api/utf8.h"
#include "engine/tensor/mapped_file.h"
#include "engine/tokenizer/chat_template.h"

namespace tandem::cli {
namespace {

using nlohmann::ordered_json;

struct RenderArguments {
    std::string model, file, name;
    bool no_generation_prompt = false, json = false;
};

std::string names_of(const ChatParts& chat) {
    std::string names = "default";
    for (const auto& [name, ignored] : chat.named) {
        names += ", " + printable(name);
    }
    return names;
}

// Without a name: "tool_use" where there are tools and the model has one, as transformers does.
Result<std::string> chosen_template(const Tokenizer& tokenizer, const RenderArguments& arguments, bool with_tools) {
    const ChatParts chat = tokenizer.chat_parts();
    const std::string wanted = !arguments.name.empty() ? arguments.name : with_tools ? "tool_use" : "default";
    for (const auto& [name, source] : chat.named) {
        if (name == wanted) {
            return source;
        }
    }
    if (!arguments.name.empty() && arguments.name != "default") {
        return Error{
            .code = "TEMPLATE_NONE",
            .message = "the model has no chat template '" + printable(arguments.name) + "', it has " + names_of(chat),
            .where = arguments.model,
            .kind = ErrorKind::bad_input};
    }
    if (tokenizer.chat_template().empty()) {
        return Error{.code = "TEMPLATE_NONE",
                     .message = "the model has no chat template: its texts are plain continuations",
                     .where = arguments.model,
                     .kind = ErrorKind::bad_input};
    }
    return tokenizer.chat_template();
}

bool has_tools(std::string_view input) {
    const auto tree = nlohmann::json::parse(input, nullptr, false);
    return tree.is_object() && tree.contains("tools") && !tree["tools"].is_null();
}

Result<ordered_json> render(const RenderArguments& arguments) {
    const Interrupts interrupts;
    const auto check = [&]() -> Result<void> {
        if (interrupts.requested()) {
            return Error{.code = "CANCELLED",
                         .message = "interrupted; nothing was written",
                         .where = arguments.file,
                         .kind = ErrorKind::cancelled};
        }
        return {};
    };
    const auto tokenizer = TANDEM_TRY(open_tokenizer(arguments.model));
    TANDEM_TRY(check());
    const auto file = TANDEM_TRY(MappedFile::open(arguments.file));
    const std::string_view input(reinterpret_cast<const char*>(file->bytes().data()), file->bytes().size());
    const auto piece = [&](std::optional<TokenId> id) { return id ? tokenizer->piece(*id) : std::string(); };
    ChatVariables variables{.add_generation_prompt = !arguments.no_generation_prompt,
                            .bos_token = piece(tokenizer->bos()),
                            .eos_token = piece(tokenizer->eos()),
                            .tokens = tokenizer->chat_parts().tokens};
    // Reading refuses what nests too deep before the look at "tools" does.
    const auto plain = TANDEM_TRY(ChatTemplate::parse("{{ messages is defined }}"));
    TANDEM_TRY(plain.render_json(input, variables));
    const std::string source = TANDEM_TRY(chosen_template(*tokenizer, arguments, has_tools(input)));
    const auto parsed = TANDEM_TRY(ChatTemplate::parse(source));
    const std::string text = TANDEM_TRY(parsed.render_json(input, variables));
    TANDEM_TRY(check());
    const auto ids = tokenizer->encode(text, {.add_special = false, .parse_special = true});
    TANDEM_TRY(check());
    return ordered_json{{"text", text}, {"ids", ids}};
}

}  // namespace

void declare_model_render(CLI::App& model, CommandLine& line) {
    auto* command =
        model.add_subcommand("render", "A conversation as the text that the model's chat template makes of it");
    const auto arguments = std::make_shared<RenderArguments>();
    command->add_option("model", arguments->model, "Name in the library, .gguf file, tokenizer.json or folder")
        ->required();
    command->add_option("--file", arguments->file, "The conversation as JSON")->required()->type_name("FILE");
    command->add_option("--template", arguments->name, "One of the model's named templates: default, tool_use ...");
    command->add_flag("--no-generation-prompt", arguments->no_generation_prompt,
                      "Without the beginning of the answer at the end");
    command->add_flag("--json", arguments->json, "One JSON document on stdout: the text and its ids");
    command->footer(
        "The file holds a list of messages, or an object with \"messages\" and whatever else transformers' "
        "apply_chat_template takes: tools, documents, enable_thinking ... The text is written as it is, without a line "
        "feed at its end.");
    command->callback([&line, arguments] {
        line.action = [arguments] {
            const auto document = render(*arguments);
            if (!document) {
                return fail(document.error(), arguments->json);
            }
            return finish(arguments->json ? write_json(*document) : write_out((*document)["text"].get<std::string>()));
        };
    });
}

}  // namespace tandem::cli
