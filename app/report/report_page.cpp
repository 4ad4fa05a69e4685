#include "app/report/report_page.h"

#include <algorithm>

#include "app/report/chart_svg.h"
#include "app/report/report_assets.h"
#include "app/report/report_markup.h"
#include "app/report/report_sections.h"
#include "experiments/plan/plan.h"

namespace tandem::report {
namespace {

std::string base64_of_hex(const std::string& hex) {
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    std::uint32_t bits = 0;
    int held = 0;
    for (const char digit : hex) {
        const int value = digit <= '9' ? digit - '0' : digit - 'a' + 10;
        bits = (bits << 4) | static_cast<std::uint32_t>(value);
        held += 4;
        if (held >= 6) {
            held -= 6;
            text += alphabet[(bits >> held) & 63];
        }
    }
    if (held > 0) {
        text += alphabet[(bits << (6 - held)) & 63];
    }
    return text + std::string((4 - text.size() % 4) % 4, '=');
}

// No request leaves the page, and of all scripts only its own may run, whatever text found its way in.
std::string policy() {
    return "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-" +
           base64_of_hex(sha256_hex(report_script)) + "'";
}

std::string counts(const ReportData& data) {
    const auto in_state = [&](const char* state) {
        return std::count_if(data.trials.begin(), data.trials.end(),
                             [&](const TrialRow& trial) { return trial.state == state; });
    };
    std::string text = std::to_string(data.trials.size()) + (data.trials.size() == 1 ? " trial" : " trials");
    for (const char* state : {"done", "failed", "cancelled", "running", "queued"}) {
        if (const auto count = in_state(state); count > 0) {
            text += ", " + std::to_string(count) + " " + state;
        }
    }
    return text;
}

std::string when(const ReportData& data) {
    std::string first;
    std::string last;
    for (const TrialRow& trial : data.trials) {
        if (!trial.started_at.empty() && (first.empty() || trial.started_at < first)) {
            first = trial.started_at;
        }
        last = std::max(last, trial.finished_at);
    }
    const auto readable = [](std::string time) {
        std::replace(time.begin(), time.end(), 'T', ' ');
        return time.substr(0, 16);
    };
    if (first.empty()) {
        return "not run yet";
    }
    return "run " + readable(first) + (last.empty() ? "" : " to " + readable(last)) + " UTC";
}

}  // namespace

std::string render_report(const ReportData& data, const ReportOptions& options) {
    const std::vector<ResultRow> rows = result_rows(data.trials, Seeds::merged);
    std::string html =
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"generator\" "
        "content=\"" +
        markup_escaped(options.program) + "\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"" + policy() +
        "\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n" +
        element("title", "", data.experiment + ": Tandem report") + "\n<style>" + std::string(report_style) +
        "</style>\n</head>\n<body>\n<main>\n<header>\n" + element("h1", "", data.experiment) + "\n";
    if (!data.description.empty()) {
        html += element("p", "lead", data.description) + "\n";
    }
    html += element("p", "meta", counts(data) + " · " + when(data) + " · report of " + options.generated_at) + "\n";
    std::string navigation;
    std::string body;
    if (data.details.size() < data.trials.size()) {
        body +=
            element("p", "note",
                    "Curves, answers and logs are of the first " + std::to_string(data.details.size()) + " trials.") +
            "\n";
    }
    for (const Section& section : {results_section(rows), speedup_section(rows), charts_section(data, rows),
                                   answers_section(data), failures_section(data), machine_section(data),
                                   asked_section(data), definitions_section(rows), trials_section(data)}) {
        if (section.html.empty()) {
            continue;
        }
        navigation += "<a href=\"#" + section.id + "\">" + markup_escaped(section.title) + "</a>\n";
        body += "<section id=\"" + section.id + "\">\n" + element("h2", "", section.title) + "\n" + section.html +
                "</section>\n";
    }
    html += "</header>\n" + glance_section(rows).html + "<nav aria-label=\"Sections\">\n" + navigation + "</nav>\n" +
            body + "<footer class=\"note\"><p>" + markup_escaped(options.program) + " · " +
            markup_escaped(data.database) + "</p></footer>\n</main>\n<script>" + std::string(report_script) +
            "</script>\n</body>\n</html>\n";
    return html;
}

}  // namespace tandem::report
