#include "experiments/spec/problems.h"

#include <algorithm>
#include <iterator>
#include <tuple>

namespace tandem {
namespace {

constexpr std::size_t max_listed = 50;
constexpr std::size_t max_kept = 1000;

}  // namespace

std::string to_string(const SourcePosition& position) {
    if (position.line <= 0) {
        return position.file;
    }
    return position.file + ":" + std::to_string(position.line) + ":" + std::to_string(position.column);
}

void Problems::add(std::string code, std::string message, const SourcePosition& position, ErrorKind kind) {
    if (found_.size() >= max_kept) {
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
    std::move(other.found_.begin(), other.found_.end(), std::back_inserter(found_));
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
        return std::tuple(std::find(files.begin(), files.end(), problem.position.file) - files.begin(),
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
    first.message += "\n" + std::to_string(ordered.size()) + " problems, nothing was run; the first is";
    return first;
}

}  // namespace tandem
