// From an error of the experiment reader to marks in an editor. The reader puts all problems of a text into one error:
// the first is its own place, the others are further lines of its message. Thread rule: stateless.
#pragma once

#include <string>
#include <vector>

#include "engine/api/error.h"

namespace tandem::studio {

struct ProblemLine {
    int line = 0;  // from 1; 0: the problem has no line in this text
    int column = 0;
    std::string text;  // "CODE: message"
};

// Problems in reading order; those of another file (a base) have line 0 and keep their place in the text.
std::vector<ProblemLine> problem_lines(const Error& error, const std::string& file_name);

// What the command line would print.
std::string command_line_text(const Error& error);

}  // namespace tandem::studio
