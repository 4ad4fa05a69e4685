#include <algorithm>

#include "app/cli/command_tree.h"
#include "app/cli/text_commands.h"

namespace tandem::cli {
namespace {

std::string joined(const std::vector<std::string>& words, const std::string& between = " ") {
    std::string text;
    for (const std::string& word : words) {
        text += (text.empty() ? "" : between) + word;
    }
    return text;
}

std::vector<std::string> option_words(const CommandRow& row) {
    std::vector<std::string> words;
    for (const OptionRow& option : row.options) {
        words.insert(words.end(), option.names.begin(), option.names.end());
    }
    return words;
}

bool takes_model(const CommandRow& row) {
    return std::any_of(row.options.begin(), row.options.end(),
                       [](const OptionRow& option) { return option.positional == "model"; });
}

// In single quotes for a shell.
std::string shell_word(const std::string& text) {
    std::string out = "'";
    for (const char c : text) {
        out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    }
    return out + "'";
}

std::string first_sentence(const std::string& doc) {
    return doc.substr(0, doc.find(". "));
}

// zsh reads [ ] and : in a description as its own.
std::string zsh_text(const std::string& doc) {
    std::string out;
    for (const char c : first_sentence(doc)) {
        if (c == '[' || c == ']' || c == ':' || c == '\\') {
            out += '\\';
        }
        out += c;
    }
    return out;
}

}  // namespace

std::string bash_completion(const CLI::App& program) {
    std::string text =
        "# bash completion for tandem, made by `tandem completions bash`\n"
        "_tandem() {\n"
        "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} path= word words= i\n"
        "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
        "        word=${COMP_WORDS[i]}\n"
        "        case \"$path|$word\" in\n";
    const auto rows = command_tree(program);
    for (const CommandRow& row : rows) {
        for (const std::string& command : row.commands) {
            const std::string next = row.path.empty() ? command : row.path + " " + command;
            text += "            " + shell_word(row.path + "|" + command) + ") path=" + shell_word(next) + " ;;\n";
        }
    }
    text +=
        "        esac\n"
        "    done\n"
        "    case \"$path|$previous\" in\n";
    for (const CommandRow& row : rows) {
        for (const OptionRow& option : row.options) {
            if (!option.choices.empty()) {
                for (const std::string& name : option.names) {
                    text += "        " + shell_word(row.path + "|" + name) + ") COMPREPLY=($(compgen -W " +
                            shell_word(joined(option.choices)) + " -- \"$current\")); return ;;\n";
                }
            }
        }
    }
    text +=
        "    esac\n"
        "    case \"$path\" in\n";
    for (const CommandRow& row : rows) {
        std::vector<std::string> words = row.commands;
        const auto options = option_words(row);
        text += "        " + shell_word(row.path) + ") words=" + shell_word(joined(row.commands));
        text += takes_model(row) ? "\" $(tandem completions models 2>/dev/null)\"" : "";
        text += "; [[ $current == -* ]] && words=" + shell_word(joined(options)) + " ;;\n";
    }
    return text +
           "    esac\n"
           "    COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
           "}\n"
           "complete -o default -F _tandem tandem\n";
}

std::string zsh_completion(const CLI::App& program) {
    std::string text =
        "#compdef tandem\n"
        "# zsh completion for tandem, made by `tandem completions zsh`\n";
    for (const CommandRow& row : command_tree(program)) {
        std::string name = "_tandem" + (row.path.empty() ? "" : "_" + row.path);
        std::replace(name.begin(), name.end(), ' ', '_');
        text += name + "() {\n    local -a commands\n    _arguments -C";
        for (const OptionRow& option : row.options) {
            std::string value;
            if (option.takes_value) {
                value = ":" + zsh_text(option.value) + ":" +
                        (option.choices.empty() ? "_files" : "(" + joined(option.choices) + ")");
            }
            for (const std::string& word : option.names) {
                text += " \\\n        " + shell_word(word + "[" + zsh_text(option.doc) + "]" + value);
            }
            if (!option.positional.empty()) {
                text += " \\\n        " +
                        shell_word(std::string(option.many ? "*" : "") + ":" + option.positional + ":" +
                                   (option.positional == "model"
                                        ? "{_alternative \"models:model:($(tandem completions models 2>/dev/null))\" "
                                          "\"files:file:_files\"}"
                                        : "_files"));
            }
        }
        if (row.commands.empty()) {
            text += "\n}\n";
            continue;
        }
        text += " \\\n        '1: :->command' '*:: :->rest'\n    case $state in\n        command) commands=(";
        for (const std::string& command : row.commands) {
            text += shell_word(command) + " ";
        }
        text += "); compadd -a commands ;;\n        rest) case $words[1] in\n";
        for (const std::string& command : row.commands) {
            text += "            " + command + ") " + name + "_" + command + " ;;\n";
        }
        text += "        esac ;;\n    esac\n}\n";
    }
    return text + "_tandem \"$@\"\n";
}

std::string fish_completion(const CLI::App& program) {
    std::string text = "# fish completion for tandem, made by `tandem completions fish`\n";
    for (const CommandRow& row : command_tree(program)) {
        std::string seen;
        for (std::size_t begin = 0; begin < row.path.size();) {
            const std::size_t end = std::min(row.path.find(' ', begin), row.path.size());
            seen += (seen.empty() ? "" : "; and ") + std::string("__fish_seen_subcommand_from ") +
                    row.path.substr(begin, end - begin);
            begin = end + 1;
        }
        std::string here = seen;
        if (!row.commands.empty()) {
            const std::string none_yet = "not __fish_seen_subcommand_from " + joined(row.commands);
            here += (here.empty() ? "" : "; and ") + none_yet;
            for (const std::string& command : row.commands) {
                text += "complete -c tandem -f -n " + shell_word(here) + " -a " + shell_word(command) + "\n";
            }
        }
        const std::string condition = here.empty() ? "" : " -n " + shell_word(here);
        for (const OptionRow& option : row.options) {
            if (option.names.empty()) {
                if (option.positional == "model") {
                    text += "complete -c tandem" + condition + " -a '(tandem completions models 2>/dev/null)'\n";
                }
                continue;
            }
            text += "complete -c tandem" + condition;
            for (const std::string& name : option.names) {
                text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
            }
            if (option.takes_value) {
                text += option.choices.empty() ? " -r" : " -x -a " + shell_word(joined(option.choices));
            }
            text += " -d " + shell_word(first_sentence(option.doc)) + "\n";
        }
    }
    return text;
}

}  // namespace tandem::cli
