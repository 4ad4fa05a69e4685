#include "experiments/spec/problems.h"

#include <algorithm>
#include <iterator>
#include <tuple>

namespace tandem {

std::string shortened(std::string_view text, std::size_t most) {
    std::size_t length = std::min(text.size(), most);
    while (length > 0 && length < text.size() && (static_cast<unsigned char>(text[length]) & 0xC0) == 0x80) {
        --length;
    }
    std::string shown(text.substr(0, length));
    std::replace_if(
        shown.begin(), shown.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
    return length < text.size() ? shown + "..." : shown;
}

std::string to_string(const SourcePosition& position) {
    if (position.line <= 0) {
        return position.file;
    }
    return position.file + ":" + std::to_string(position.line) + ":" + std::to_string(position.column);
}

void Problems::add(std::string code, std::string message, const SourcePosition& position, ErrorKind kind) {
    if (full()) {
        return;
    }
    found_.push_back(
        {Error{.code = std::move(code), .message = std::move(message), .where = to_string(position), .kind = kind},
         position});
}

void Problems::add_fault(const std::string& path, Fault fault, const SourcePosition& position) {
    add(std::move(fault.code), path + " " + fault.message, position);
}

void Problems::append(Problems other) {
    const std::size_t room = max_kept - std::min(max_kept, found_.size());
    const auto count = static_cast<std::ptrdiff_t>(std::min(room, other.found_.size()));
    std::move(other.found_.begin(), other.found_.begin() + count, std::back_inserter(found_));
}

Error Problems::to_error() const {
    std::vector<std::string> files;
    std::vector<const Problem*> ordered;
    for (const Problem& problem : found_) {
        ordered.push_back(&problem);
        if (std::find(files.begin(), files.end(), problem.position.file) == files.end()) {
            files.push_back(problem.position.file);
        }
    }
    const auto rank = [&](const Problem& problem) {
        // What is not of the language at all comes first: the rest may only follow from it.
        const bool foreign = problem.error.code == "YAML_ALIAS_REFUSED" || problem.error.code == "YAML_TAG_REFUSED";
        return std::tuple(std::find(files.begin(), files.end(), problem.position.file) - files.begin(), !foreign,
                          problem.position.line, problem.position.column);
    };
    std::stable_sort(ordered.begin(), ordered.end(),
                     [&](const Problem* a, const Problem* b) { return rank(*a) < rank(*b); });

    Error first = ordered.front()->error;
    if (ordered.size() == 1) {
        return first;
    }
    first.message += ", at " + first.where;
    for (std::size_t i = 1; i < std::min(ordered.size(), max_listed); ++i) {
        first.message += "\n" + ordered[i]->error.to_string();
    }
    if (ordered.size() > max_listed) {
        first.message += "\n... and " + std::to_string(ordered.size() - max_listed) + " more";
    }
    first.message += "\n" + std::to_string(ordered.size()) + (full() ? " problems or more" : " problems") +
                     ", nothing was run; the first is";
    return first;
}

}  // namespace tandem
