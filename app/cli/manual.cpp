#include "app/cli/command_tree.h"
#include "app/cli/text_commands.h"

namespace tandem::cli {
namespace {

// roff takes a leading . or ' and any backslash or hyphen-minus as its own.
std::string roff(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c == '\\') {
            out += "\\e";
        } else if (c == '-') {
            out += "\\-";
        } else if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n')) {
            out += std::string("\\&") + c;
        } else {
            out += c;
        }
    }
    return out;
}

std::string synopsis(const CommandRow& row) {
    std::string text = ".B tandem " + roff(row.path) + "\n";
    for (const OptionRow& option : row.options) {
        if (!option.positional.empty()) {
            const std::string word = roff(option.positional) + (option.many ? " ..." : "");
            text += option.required ? ".I " + word + "\n" : ".RI [ " + word + " ]\n";
        }
    }
    return text + (row.commands.empty() ? "[\\fIoptions\\fR]\n" : "\\fIcommand\\fR\n");
}

std::string option_text(const OptionRow& option) {
    std::string text = ".TP\n";
    if (!option.positional.empty()) {
        text += ".I " + roff(option.positional) + "\n";
    } else {
        std::string names;
        for (const std::string& name : option.names) {
            names += (names.empty() ? "\\fB" : "\\fR, \\fB") + roff(name);
        }
        text += names + "\\fR" + (option.takes_value ? " \\fI" + roff(option.value) + "\\fR" : "") + "\n";
    }
    text += roff(option.doc);
    if (!option.choices.empty()) {
        text += " One of";
        for (const std::string& choice : option.choices) {
            text += " " + roff(choice);
        }
        text += ".";
    }
    if (!option.default_value.empty()) {
        text += " Default: " + roff(option.default_value) + ".";
    }
    if (!option.variable.empty()) {
        text += " Also taken from the variable " + roff(option.variable) + ".";
    }
    return text + "\n";
}

}  // namespace

std::string manual_page(const CLI::App& program) {
    const auto rows = command_tree(program);
    std::string text = ".TH TANDEM 1 \"\" \"tandem " TANDEM_VERSION
                       "\" \"User Commands\"\n.SH NAME\ntandem \\- run declared experiments on pairings of language "
                       "models\n.SH SYNOPSIS\n.B tandem\n\\fIcommand\\fR [\\fIoptions\\fR]\n.SH DESCRIPTION\n" +
                       roff(program.get_description()) + "\n.SH COMMANDS\n";
    for (const CommandRow& row : rows) {
        if (row.path.empty() || !row.commands.empty()) {
            continue;
        }
        text += ".SS tandem " + roff(row.path) + "\n" + synopsis(row) + ".PP\n" + roff(row.doc) + ".\n";
        if (!row.footer.empty()) {
            text += ".PP\n" + roff(row.footer) + "\n";
        }
        for (const OptionRow& option : row.options) {
            text += option_text(option);
        }
    }
    return text +
           ".SH EXIT STATUS\n"
           ".TP\n.B 0\nAll done.\n"
           ".TP\n.B 2\nBad input; nothing was changed.\n"
           ".TP\n.B 3\nSome trials failed; the rest are stored.\n"
           ".TP\n.B 130\nInterrupted; the same command resumes.\n"
           ".SH ENVIRONMENT\n"
           ".TP\n.B TANDEM_DB\nThe database of results.\n"
           ".TP\n.B TANDEM_HOME\nThe folder of the model library.\n"
           ".TP\n.B TANDEM_PYTHON\nThe Python that fetches packages; python3 where not set.\n"
           ".TP\n.B NO_COLOR\nIf not empty, no colour.\n"
           ".SH FILES\n"
           ".TP\n.I $XDG_DATA_HOME/tandem/results.db\nResults, an SQLite database.\n"
           ".TP\n.I $XDG_DATA_HOME/tandem/library.json\nThe models by name; files lie beside it in models/.\n"
           ".SH SEE ALSO\n.BR tandem\\-studio (1)\n";
}

}  // namespace tandem::cli
