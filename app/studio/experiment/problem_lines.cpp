#include "app/studio/experiment/problem_lines.h"

#include <charconv>
#include <string_view>

namespace tandem::studio {
namespace {

bool read_number(std::string_view text, int& out) {
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
    return failed == std::errc() && end == text.data() + text.size();
}

// "FILE:line:column" where FILE is the text's own name.
bool read_place(std::string_view place, std::string_view file_name, ProblemLine& out) {
    if (!place.starts_with(file_name) || place.size() <= file_name.size() || place[file_name.size()] != ':') {
        return false;
    }
    place.remove_prefix(file_name.size() + 1);
    const std::size_t colon = place.find(':');
    int line = 0;
    int column = 0;
    if (colon == std::string_view::npos || !read_number(place.substr(0, colon), line) ||
        !read_number(place.substr(colon + 1), column)) {
        return false;
    }
    out.line = line;
    out.column = column;
    return true;
}

ProblemLine read_problem(std::string_view text, std::string_view file_name) {
    ProblemLine problem;
    constexpr std::string_view at = ", at ";
    const std::size_t found = text.rfind(at);
    if (found != std::string_view::npos && read_place(text.substr(found + at.size()), file_name, problem)) {
        text = text.substr(0, found);
    }
    problem.text = std::string(text);
    return problem;
}

}  // namespace

std::vector<ProblemLine> problem_lines(const Error& error, const std::string& file_name) {
    std::vector<std::string_view> lines;
    std::string_view rest = error.message;
    while (true) {
        const std::size_t end = rest.find('\n');
        lines.push_back(rest.substr(0, end));
        if (end == std::string_view::npos) {
            break;
        }
        rest.remove_prefix(end + 1);
    }
    std::vector<ProblemLine> problems;
    if (lines.size() == 1) {
        problems.push_back(read_problem(error.code + ": " + error.message + ", at " + error.where, file_name));
        return problems;
    }
    problems.push_back(read_problem(error.code + ": " + std::string(lines.front()), file_name));
    for (std::size_t i = 1; i < lines.size(); ++i) {
        ProblemLine problem = read_problem(lines[i], file_name);
        if (problem.line > 0) {
            problems.push_back(std::move(problem));
        }
    }
    if (problems.front().line == 0) {
        (void)read_place(error.where, file_name, problems.front());
    }
    return problems;
}

std::string command_line_text(const Error& error) {
    return "error: " + error.to_string();
}

}  // namespace tandem::studio
