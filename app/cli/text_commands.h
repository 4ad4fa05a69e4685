// Commands that packagers use and people need not see: `tandem completions SHELL` and `tandem manual` print what is
// installed beside the program, made from the parser itself. Thread rule: main thread.
#pragma once

#include <string>

#include "app/cli/command.h"

namespace tandem::cli {

void declare_text_commands(CLI::App& program, CommandLine& line);

std::string bash_completion(const CLI::App& program);
std::string zsh_completion(const CLI::App& program);
std::string fish_completion(const CLI::App& program);
std::string manual_page(const CLI::App& program);  // roff, section 1

}  // namespace tandem::cli
