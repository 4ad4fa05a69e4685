#include "app/cli/command_tree.h"

namespace tandem::cli {
namespace {

// "TEXT:{f32,bf16}" -> f32, bf16: how the parser shows what an option may be.
std::vector<std::string> choices_of(const std::string& type) {
    const auto open = type.find('{');
    const auto close = type.find('}', open == std::string::npos ? 0 : open);
    std::vector<std::string> choices;
    if (open == std::string::npos || close == std::string::npos) {
        return choices;
    }
    std::string word;
    for (const char c : type.substr(open + 1, close - open - 1) + ",") {
        if (c == ',') {
            choices.push_back(word);
            word.clear();
        } else {
            word += c;
        }
    }
    return choices;
}

OptionRow option_row(const CLI::Option& option) {
    OptionRow row;
    for (const std::string& name : option.get_snames()) {
        row.names.push_back("-" + name);
    }
    for (const std::string& name : option.get_lnames()) {
        row.names.push_back("--" + name);
    }
    if (row.names.empty()) {
        row.positional = option.get_name();
    }
    row.doc = option.get_description();
    row.takes_value = option.get_items_expected_max() > 0;
    row.value = option.get_type_name();
    row.choices = choices_of(row.value);
    if (const auto mark = row.value.find_first_of(":{ "); mark != std::string::npos) {
        row.value = row.value.substr(0, mark);
    }
    row.default_value = option.get_default_str();
    row.variable = option.get_envname();
    row.required = option.get_required();
    row.many = option.get_items_expected_max() > 1;
    return row;
}

void add_rows(const CLI::App& app, const std::string& path, std::vector<CommandRow>& rows) {
    CommandRow row{.path = path, .doc = app.get_description(), .footer = app.get_footer()};
    std::vector<const CLI::App*> below;
    for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
        if (!command->get_group().empty()) {
            below.push_back(command);
            row.commands.push_back(command->get_name());
        }
    }
    for (const CLI::Option* option : app.get_options()) {
        if (!option->get_group().empty()) {
            row.options.push_back(option_row(*option));
        }
    }
    rows.push_back(std::move(row));
    for (const CLI::App* command : below) {
        add_rows(*command, path.empty() ? command->get_name() : path + " " + command->get_name(), rows);
    }
}

}  // namespace

std::vector<CommandRow> command_tree(const CLI::App& program) {
    std::vector<CommandRow> rows;
    add_rows(program, "", rows);
    return rows;
}

}  // namespace tandem::cli
