#include "app/report/report_markup.h"

#include <algorithm>

#include "app/report/chart_svg.h"

namespace tandem::report {
namespace {

std::string table_head(const std::vector<TableColumn>& columns) {
    std::string html = "<thead><tr>";
    for (const TableColumn& column : columns) {
        html += std::string("<th scope=\"col\"") + (column.number ? " class=\"num\"" : "") +
                "><button type=\"button\" title=\"sort\">" + markup_escaped(column.heading) + "</button><small>" +
                (column.unit.empty() ? "&nbsp;" : markup_escaped(column.unit)) + "</small></th>";
    }
    return html + "</tr></thead>\n";
}

std::string tone_class(Tone tone) {
    switch (tone) {
        case Tone::best:
            return "best";
        case Tone::failed:
            return "failed";
        case Tone::quiet:
            return "quiet";
        case Tone::plain:
            break;
    }
    return {};
}

std::string table_row(const std::vector<TableColumn>& columns, const std::vector<TableCell>& cells) {
    std::string html = "<tr>";
    for (std::size_t c = 0; c < cells.size(); ++c) {
        std::string style = columns[c].number ? "num" : columns[c].key == "trial" ? "id" : "";
        if (const std::string tone = tone_class(cells[c].tone); !tone.empty()) {
            style += (style.empty() ? "" : " ") + tone;
        }
        html += "<td" + (style.empty() ? std::string() : " class=\"" + style + "\"") +
                (cells[c].order.empty() ? std::string() : " data-v=\"" + cells[c].order + "\"") + ">" +
                markup_escaped(cells[c].text) + "</td>";
    }
    return html + "</tr>\n";
}

}  // namespace

std::string element(std::string_view name, std::string_view style, std::string_view text) {
    const std::string tag(name);
    return "<" + tag + (style.empty() ? std::string() : " class=\"" + std::string(style) + "\"") + ">" +
           markup_escaped(text) + "</" + tag + ">";
}

std::string table_html(const ResultTable& table, std::vector<std::string> notes) {
    std::string html;
    for (const auto& [heading, value] : table.shared) {
        html += (html.empty() ? "" : " · ") + markup_escaped(heading + ": " + value);
    }
    if (!html.empty()) {
        html = "<p class=\"meta\">" + html + "</p>\n";
    }
    constexpr std::size_t tall_from = 18;  // rows
    html += std::string("<div class=\"scroll") + (table.rows.size() >= tall_from ? " tall" : "") +
            "\" tabindex=\"0\"><table class=\"results sortable\">" + table_head(table.columns) + "<tbody>\n";
    for (std::size_t i = 0; i < std::min(table.rows.size(), most_table_rows); ++i) {
        html += table_row(table.columns, table.rows[i]);
    }
    html += "</tbody></table></div>\n";
    if (table.rows.size() > most_table_rows) {
        notes.push_back("the first " + std::to_string(most_table_rows) + " of " + std::to_string(table.rows.size()) +
                        " rows; tandem results --format csv has all");
    }
    for (const std::string& note : notes) {
        html += element("p", "note", note) + "\n";
    }
    return html;
}

std::string chart_html(const ReportChart& chart) {
    return element("h3", "", chart.title) + "\n<p class=\"caption\">" + markup_escaped(chart.explanation) +
           "</p>\n<figure>\n<div class=\"wide\">" + chart.wide + "</div>\n<div class=\"narrow\">" + chart.narrow +
           "</div>\n</figure>\n";
}

}  // namespace tandem::report
