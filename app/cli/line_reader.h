// The lines of a file or of standard input, waited for so that Ctrl-C ends the wait. Errors: FILE_NOT_FOUND, FILE_IO,
// CANCELLED. Thread rule: one owner.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "app/library/files.h"
#include "engine/api/result.h"

namespace tandem::cli {

class LineReader {
public:
    // "-" is standard input.
    static Result<LineReader> open(const std::string& file);

    // The next line without its "\n"; a last line without one counts as well. False at the end.
    Result<bool> next(std::string& line, const std::stop_token& stop);
    // Of the line that came last, from 1.
    std::int64_t number() const { return number_; }

private:
    LineReader(std::string file, library::Descriptor descriptor);
    Result<bool> fill(const std::stop_token& stop);  // false at the end
    int descriptor() const;

    std::string file_;
    library::Descriptor own_;
    std::vector<char> buffer_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::int64_t number_ = 0;
};

}  // namespace tandem::cli
