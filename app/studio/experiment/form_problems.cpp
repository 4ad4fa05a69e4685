#include "app/studio/experiment/form_problems.h"

#include <algorithm>

namespace tandem::studio {
namespace {

// A list's item is a problem of the list.
bool is_about(const std::string& text, const std::string& path) {
    return text.size() > path.size() && text.starts_with(path) &&
           (text[path.size()] == ' ' || text[path.size()] == '[');
}

}  // namespace

FormProblems::FormProblems(const std::vector<ProblemLine>& lines) {
    for (const ProblemLine& line : lines) {
        const std::size_t colon = line.text.find(": ");
        texts_.push_back(colon == std::string::npos ? line.text : line.text.substr(colon + 2));
    }
}

QString FormProblems::at(const std::string& path) const {
    const auto found =
        std::find_if(texts_.begin(), texts_.end(), [&](const std::string& text) { return is_about(text, path); });
    return found == texts_.end() ? QString() : QString::fromStdString(found->substr(path.rfind('.') + 1));
}

bool FormProblems::any_below(const std::string& path) const {
    return std::any_of(texts_.begin(), texts_.end(),
                       [&](const std::string& text) { return is_about(text, path) || text.starts_with(path + "."); });
}

}  // namespace tandem::studio
