// The whole command line as one parser: what main() runs, and what completions and the manual page are made from.
// Thread rule: main thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/cli/command.h"

namespace tandem::cli {

std::unique_ptr<CLI::App> make_program(CommandLine& line);

// The words of the command line for the parser, which would take the next word for the value of an empty "--option=".
std::vector<std::string> words_of(const CLI::App& program, int argc, const char* const* argv);

// "there is no command 'rnu'; did you mean run?" for words that the parser could not place.
std::optional<std::string> explain_unknown(const CLI::App& program);

// "`tandem model` needs one of the commands list, add" for what was left out; else the problem's own words.
std::string explain_missing(const CLI::App& program, const CLI::ParseError& problem);

// "tandem model logits": the deepest command that was named.
std::string chosen_path(const CLI::App& program);

}  // namespace tandem::cli
