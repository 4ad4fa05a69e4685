#include <algorithm>

#include "app/report/table_formats.h"
#include "app/report/text_width.h"

namespace tandem::report {
namespace {

constexpr std::size_t gap = 2;
constexpr std::size_t narrowest_text = 8;

std::string_view colour_of(Tone tone) {
    switch (tone) {
        case Tone::best:
            return "\x1b[1;32m";
        case Tone::failed:
            return "\x1b[31m";
        case Tone::quiet:
            return "\x1b[2m";
        case Tone::plain:
            break;
    }
    return {};
}

class TextTable {
public:
    TextTable(const ResultTable& table, const TerminalStyle& style) : table_(table), style_(style) {
        for (std::size_t c = 0; c < table.columns.size(); ++c) {
            shown_.push_back(c);
            std::size_t width =
                std::max(display_width(printable(table.columns[c].heading)), display_width(table.columns[c].unit));
            for (const auto& row : table.rows) {
                width = std::max(width, display_width(printable(row[c].text)));
            }
            widths_.push_back(width);
        }
        fit();
    }

    std::string print() {
        const bool units =
            std::any_of(shown_.begin(), shown_.end(), [&](std::size_t c) { return !table_.columns[c].unit.empty(); });
        print_shared();
        print_line([&](std::size_t c) { return TableCell{table_.columns[c].heading, {}, Tone::plain}; }, "\x1b[1m");
        if (units) {
            print_line([&](std::size_t c) { return TableCell{table_.columns[c].unit, {}, Tone::quiet}; }, {});
        }
        for (const auto& row : table_.rows) {
            print_line([&](std::size_t c) { return row[c]; }, {});
        }
        std::vector<std::string> notes = table_.notes;
        if (!left_out_.empty()) {
            notes.push_back("left out to fit " + std::to_string(style_.width) + " columns: " + left_out_ +
                            "; --format csv has all");
        }
        for (const std::string& note : notes) {
            print_note(note);
        }
        return std::move(text_);
    }

private:
    std::size_t total_width() const {
        std::size_t total = shown_.empty() ? 0 : (shown_.size() - 1) * gap;
        for (const std::size_t c : shown_) {
            total += widths_[c];
        }
        return total;
    }

    void fit() {
        if (style_.width == 0) {
            return;
        }
        std::vector<std::string> names;
        while (total_width() > style_.width) {
            const auto least = std::max_element(shown_.begin(), shown_.end(), [&](std::size_t a, std::size_t b) {
                return table_.columns[a].rank < table_.columns[b].rank;
            });
            // Two metrics stay, so that there is something to read.
            if (least == shown_.end() || table_.columns[*least].rank <= 2) {
                break;
            }
            names.push_back(table_.columns[*least].heading);
            shown_.erase(least);
        }
        while (total_width() > style_.width) {
            const auto widest = std::max_element(shown_.begin(), shown_.end(), [&](std::size_t a, std::size_t b) {
                return (table_.columns[a].metric ? 0 : widths_[a]) < (table_.columns[b].metric ? 0 : widths_[b]);
            });
            if (widest == shown_.end() || table_.columns[*widest].metric || widths_[*widest] <= narrowest_text) {
                break;
            }
            --widths_[*widest];
        }
        for (auto name = names.rbegin(); name != names.rend(); ++name) {
            left_out_ += (left_out_.empty() ? "" : ", ") + *name;
        }
    }

    template <class CellOf>
    void print_line(const CellOf& cell_of, std::string_view colour) {
        std::string line;
        for (std::size_t i = 0; i < shown_.size(); ++i) {
            const std::size_t c = shown_[i];
            const TableCell cell = cell_of(c);
            const std::string text = cut_to_width(printable(cell.text), widths_[c]);
            const std::string padding(widths_[c] - std::min(widths_[c], display_width(text)), ' ');
            const std::string_view paint = colour.empty() ? colour_of(cell.tone) : colour;
            const std::string painted =
                style_.colour && !paint.empty() && !text.empty() ? std::string(paint) + text + "\x1b[0m" : text;
            line += std::string(i == 0 ? 0 : gap, ' ');
            line += table_.columns[c].number ? padding + painted : painted + padding;
        }
        text_ += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
    }

    void print_shared() {
        std::string line;
        for (const auto& [heading, value] : table_.shared) {
            const std::string part = printable(heading) + ": " + printable(value);
            if (!line.empty() && style_.width > 0 && display_width(line) + gap + display_width(part) > style_.width) {
                text_ += line + '\n';
                line.clear();
            }
            line += (line.empty() ? "" : "  ") + part;
        }
        text_ += line + (line.empty() ? "" : "\n\n");
    }

    // Broken between words.
    void print_note(const std::string& note) {
        std::string line;
        for (std::size_t begin = 0; begin < note.size();) {
            const std::size_t end = std::min(note.find(' ', begin), note.size());
            const std::string word = note.substr(begin, end - begin);
            if (!line.empty() && style_.width > 0 && display_width(line) + 1 + display_width(word) > style_.width) {
                text_ += line + '\n';
                line.clear();
            }
            line += (line.empty() ? "" : " ") + word;
            begin = end + 1;
        }
        text_ += line + '\n';
    }

    const ResultTable& table_;
    TerminalStyle style_;
    std::vector<std::size_t> shown_, widths_;
    std::string left_out_, text_;
};

}  // namespace

std::string to_text(const ResultTable& table, const TerminalStyle& style) {
    return TextTable(table, style).print();
}

}  // namespace tandem::report
