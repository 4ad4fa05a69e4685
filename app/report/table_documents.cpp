#include "app/report/table_formats.h"
#include "app/report/text_width.h"

namespace tandem::report {
namespace {

std::string markdown_escaped(const std::string& text) {
    std::string escaped;
    for (const char character : printable(text)) {
        if (std::string_view("|\\`*_<>[]&#~").find(character) != std::string_view::npos) {
            escaped += '\\';
        }
        escaped += character;
    }
    return escaped;
}

std::string heading_of(const TableColumn& column) {
    return column.heading + (column.unit.empty() ? "" : " (" + column.unit + ")");
}

}  // namespace

std::string to_markdown(const ResultTable& table) {
    std::string text;
    for (const auto& [heading, value] : table.shared) {
        text += (text.empty() ? "" : ", ") + markdown_escaped(heading) + ": " + markdown_escaped(value);
    }
    text += text.empty() ? "" : "\n\n";
    for (const TableColumn& column : table.columns) {
        text += "| " + markdown_escaped(heading_of(column)) + " ";
    }
    text += "|\n";
    for (const TableColumn& column : table.columns) {
        text += column.number ? "| ---: " : "| --- ";
    }
    text += "|\n";
    for (const auto& row : table.rows) {
        for (const TableCell& cell : row) {
            const std::string escaped = markdown_escaped(cell.text);
            text += "| " + (cell.tone == Tone::best ? "**" + escaped + "**" : escaped) + " ";
        }
        text += "|\n";
    }
    for (const std::string& note : table.notes) {
        text += "\n" + markdown_escaped(note) + "\n";
    }
    return text;
}

std::string latex_escaped(std::string_view text) {
    std::string escaped;
    for (const char character : printable(text)) {
        switch (character) {
            case '\\':
                escaped += "\\textbackslash{}";
                break;
            case '~':
                escaped += "\\textasciitilde{}";
                break;
            case '^':
                escaped += "\\textasciicircum{}";
                break;
            case '<':
                escaped += "\\textless{}";
                break;
            case '>':
                escaped += "\\textgreater{}";
                break;
            case '|':
                escaped += "\\textbar{}";
                break;
            case '"':
                escaped += "\\textquotedbl{}";
                break;
            case '&':
            case '%':
            case '$':
            case '#':
            case '_':
            case '{':
            case '}':
                escaped += '\\';
                [[fallthrough]];
            default:
                escaped += character;
        }
    }
    for (std::size_t at = escaped.find("±"); at != std::string::npos; at = escaped.find("±", at)) {
        escaped.replace(at, std::string_view("±").size(), "$\\pm$");
    }
    return escaped;
}

std::string to_latex(const ResultTable& table) {
    std::string text = "% needs \\usepackage{booktabs}; with pdfLaTeX also \\usepackage[T1]{fontenc}\n";
    for (const auto& [heading, value] : table.shared) {
        text += "% " + printable(heading) + ": " + printable(value) + "\n";
    }
    for (const std::string& note : table.notes) {
        text += "% " + note + "\n";
    }
    text += "\\begin{tabular}{";
    for (const TableColumn& column : table.columns) {
        text += column.number ? 'r' : 'l';
    }
    text += "}\n\\toprule\n";
    std::string headings;
    std::string units;
    bool any_unit = false;
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
        const TableColumn& column = table.columns[c];
        headings += (c == 0 ? "" : " & ") + latex_escaped(column.heading);
        units += (c == 0 ? "" : " & ") + latex_escaped(column.unit);
        any_unit = any_unit || !column.unit.empty();
    }
    text += headings + " \\\\\n" + (any_unit ? units + " \\\\\n" : "") + "\\midrule\n";
    for (const auto& row : table.rows) {
        for (std::size_t c = 0; c < row.size(); ++c) {
            const std::string escaped = latex_escaped(row[c].text);
            text += (c == 0 ? "" : " & ") + (row[c].tone == Tone::best ? "\\textbf{" + escaped + "}" : escaped);
        }
        text += " \\\\\n";
    }
    return text + "\\bottomrule\n\\end{tabular}\n";
}

}  // namespace tandem::report
