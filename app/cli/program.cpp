#include "app/cli/program.h"

#include "app/cli/text_commands.h"
#include "experiments/spec/spec.h"

namespace tandem::cli {
namespace {

// The deepest command that was named.
const CLI::App* chosen_command(const CLI::App* app) {
    const auto chosen = app->get_subcommands();
    return chosen.empty() ? app : chosen_command(chosen.back());
}

std::vector<std::string> command_names(const CLI::App* app) {
    std::vector<std::string> names;
    for (const CLI::App* command : app->get_subcommands([](const CLI::App*) { return true; })) {
        if (!command->get_group().empty()) {
            names.push_back(command->get_name());
        }
    }
    return names;
}

std::vector<std::string> option_names(const CLI::App* app) {
    std::vector<std::string> names;
    for (const CLI::Option* option : app->get_options()) {
        for (const std::string& name : option->get_lnames()) {
            names.push_back("--" + name);
        }
    }
    return names;
}

// "model logits", from the program's word on.
std::string command_path(const CLI::App* app) {
    std::string path = app->get_name();
    for (const CLI::App* parent = app->get_parent(); parent != nullptr; parent = parent->get_parent()) {
        path = parent->get_name() + " " + path;
    }
    return path;
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) {
        text += (text.empty() ? "" : ", ") + word;
    }
    return text;
}

}  // namespace

std::unique_ptr<CLI::App> make_program(CommandLine& line) {
    auto program = std::make_unique<CLI::App>(
        "Finds the pairing of large and small language models for the hardware at hand: declared experiments, run in "
        "worker processes, every measurement kept.",
        "tandem");
    program->set_version_flag("--version", "tandem " TANDEM_VERSION, "Show the version");
    program->set_help_flag("-h,--help", "Show this help");
    program->require_subcommand(1);
    declare_run(*program, line);
    declare_plan(*program, line);
    declare_results(*program, line);
    declare_compare(*program, line);
    declare_report(*program, line);
    declare_export(*program, line);
    declare_bench(*program, line);
    declare_generate(*program, line);
    declare_model(*program, line);
    declare_score(*program, line);
    declare_device(*program, line);
    declare_doctor(*program, line);
    declare_text_commands(*program, line);
    // Set last: commands inherit it otherwise.
    program->footer(
        "Exit codes: 0 all done; 2 bad input, nothing was changed; 3 some trials failed, the rest are stored; "
        "130 interrupted, resumable; 141 the reader of the output went away.\nResults lie in $TANDEM_DB or "
        "$XDG_DATA_HOME/tandem/results.db, models in "
        "$TANDEM_HOME or $XDG_DATA_HOME/tandem.");
    return program;
}

std::vector<std::string> words_of(const CLI::App& program, int argc, const char* const* argv) {
    std::vector<std::string> words;
    const CLI::App* command = &program;
    bool options = true;
    for (int i = 1; i < argc; ++i) {
        std::string word = argv[i];
        options = options && word != "--";
        if (options && word.size() > 3 && word.starts_with("--") && word.find('=') == word.size() - 1) {
            const CLI::Option* option = command->get_option_no_throw(word.substr(0, word.size() - 1));
            if (option != nullptr && option->get_expected_min() > 0) {
                word.pop_back();
                words.push_back(std::move(word));
                word.clear();
            }
        } else {
            const auto below = command->get_subcommands([&](const CLI::App* app) { return app->get_name() == word; });
            command = below.empty() ? command : below.front();
        }
        words.push_back(std::move(word));
    }
    return words;
}

std::optional<std::string> explain_unknown(const CLI::App& program) {
    const CLI::App* command = chosen_command(&program);
    const auto unknown = program.remaining(true);
    if (unknown.empty()) {
        return std::nullopt;
    }
    const std::string& word = unknown.front();
    const bool is_option = word.size() > 1 && word.front() == '-';
    const auto commands = command_names(command);
    if (!is_option && commands.empty()) {
        return "'" + word + "' is one word too many for `" + command_path(command) + "`";
    }
    const auto known = is_option ? option_names(command) : commands;
    const std::string bare = word.substr(0, word.find('='));
    std::string text = std::string("there is no ") + (is_option ? "option '" : "command '") + bare + "'";
    if (const std::string nearest = did_you_mean(bare, known); !nearest.empty()) {
        return text + "; did you mean " + nearest + "?";
    }
    return text + "; there are " + joined(known);
}

std::string explain_missing(const CLI::App& program, const CLI::ParseError& problem) {
    const CLI::App* command = chosen_command(&program);
    std::string text = problem.what();
    if (dynamic_cast<const CLI::RequiredError*>(&problem) == nullptr) {
        return text;
    }
    const auto commands = command_names(command);
    if (!commands.empty()) {
        return "`" + command_path(command) + "` needs one of the commands " + joined(commands);
    }
    constexpr std::string_view ending = " is required";
    return text.ends_with(ending)
               ? "`" + command_path(command) + "` needs " + text.substr(0, text.size() - ending.size())
               : text;
}

std::string chosen_path(const CLI::App& program) {
    return command_path(chosen_command(&program));
}

}  // namespace tandem::cli
