// The reader's problems by the field that they are about, so that a form can show each at its place.
// Thread rule: plain data.
#pragma once

#include <QString>
#include <string>
#include <vector>

#include "app/studio/experiment/problem_lines.h"

namespace tandem::studio {

class FormProblems {
public:
    FormProblems() = default;
    explicit FormProblems(const std::vector<ProblemLine>& lines);

    // What is said of exactly this path, as in "pairings.guided.llm"; it begins with the path's last word. Empty:
    // nothing.
    QString at(const std::string& path) const;
    // Whether something is said of the path or of what lies below it.
    bool any_below(const std::string& path) const;

private:
    std::vector<std::string> texts_;  // without their codes
};

}  // namespace tandem::studio
