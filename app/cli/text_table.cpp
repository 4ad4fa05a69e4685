#include "app/cli/text_table.h"

#include <algorithm>

#include "app/cli/terminal.h"
#include "app/report/text_width.h"

namespace tandem::cli {

using report::display_width;

void TextTable::add(std::vector<std::string> cells) {
    cells.resize(columns_.size());
    for (std::string& cell : cells) {
        cell = report::printable(cell);
    }
    rows_.push_back(std::move(cells));
}

std::string TextTable::text() const {
    std::vector<std::size_t> widths;
    std::vector<std::string> headings;
    for (std::size_t c = 0; c < columns_.size(); ++c) {
        headings.push_back(columns_[c].heading);
        std::size_t width = display_width(columns_[c].heading);
        for (const auto& row : rows_) {
            width = std::max(width, display_width(row[c]));
        }
        widths.push_back(width);
    }
    const auto line = [&](const std::vector<std::string>& cells) {
        std::string out;
        for (std::size_t c = 0; c < cells.size(); ++c) {
            const std::string blanks(widths[c] - display_width(cells[c]), ' ');
            out += (c == 0 ? "" : "  ") + (columns_[c].align == Align::right ? blanks + cells[c] : cells[c] + blanks);
        }
        out.erase(out.find_last_not_of(' ') + 1);
        return out;
    };
    const bool headed =
        std::any_of(headings.begin(), headings.end(), [](const std::string& heading) { return !heading.empty(); });
    std::string text = headed ? toned(Stream::out, Tone::bold, line(headings)) + "\n" : "";
    for (const auto& row : rows_) {
        text += line(row) + "\n";
    }
    return text;
}

}  // namespace tandem::cli
