#include "app/cli/text_commands.h"

#include "app/cli/output.h"
#include "app/cli/program.h"
#include "app/library/library.h"
#include "app/library/sources.h"

namespace tandem::cli {
namespace {

std::string model_names() {
    std::string names;
    if (const auto library = Library::open(Library::default_folder())) {
        for (const LibraryEntry& entry : library->entries()) {
            names += entry.name + "\n";
        }
    }
    return names;
}

}  // namespace

void declare_text_commands(CLI::App& program, CommandLine& line) {
    auto* completions = program.add_subcommand("completions", "Print the completions for a shell")->group("");
    const auto what = std::make_shared<std::string>();
    completions->add_option("shell", *what, "bash, zsh or fish; models lists names for them")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh", "fish", "models"}));
    completions->callback([&program, &line, what] {
        line.action = [&program, what] {
            if (*what == "models") {
                return finish(write_out(model_names()));
            }
            return finish(write_out(*what == "bash"  ? bash_completion(program)
                                    : *what == "zsh" ? zsh_completion(program)
                                                     : fish_completion(program)));
        };
    });
    auto* manual = program.add_subcommand("manual", "Print the manual page, as roff")->group("");
    manual->callback(
        [&program, &line] { line.action = [&program] { return finish(write_out(manual_page(program))); }; });
}

}  // namespace tandem::cli
