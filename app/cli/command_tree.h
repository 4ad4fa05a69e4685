// The parser's commands and options as plain rows, for completions and the manual page. Thread rule: plain data.
#pragma once

#include <string>
#include <vector>

#include "app/cli/command.h"

namespace tandem::cli {

struct OptionRow {
    std::vector<std::string> names;  // "-p", "--prompt-tokens"; empty: positional
    std::string positional;          // its name
    std::string doc, value, default_value, variable;
    std::vector<std::string> choices;
    bool takes_value = false;
    bool required = false;
    bool many = false;
};

struct CommandRow {
    std::string path;  // "model add"; empty: the program itself
    std::string doc, footer;
    std::vector<std::string> commands;  // names of those below
    std::vector<OptionRow> options;
};

// Parents before children; hidden commands and options are left out.
std::vector<CommandRow> command_tree(const CLI::App& program);

}  // namespace tandem::cli
