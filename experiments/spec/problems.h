// Everything wrong with one experiment, collected so that a user mends a file once and not error by error.
// Thread rule: one thread at a time.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/api/error.h"
#include "experiments/spec/spec.h"

namespace tandem {

// What is wrong with a value, before it is known where it stands.
struct Fault {
    std::string code;
    std::string message;  // follows the value's path: "is 0 tokens, allowed 1 to 16777216"
};

// At most `most` bytes of a text that may be hostile, on one line, cut between characters.
std::string shortened(std::string_view text, std::size_t most = 40);

// "file:line:column"; the file alone where there is no line (an override on the command line).
std::string to_string(const SourcePosition& position);

class Problems {
public:
    void add(std::string code, std::string message, const SourcePosition& position,
             ErrorKind kind = ErrorKind::bad_input);
    void add_fault(const std::string& path, Fault fault, const SourcePosition& position);
    void append(Problems other);
    bool empty() const { return found_.empty(); }
    // Enough to mend first: readers stop here, and say no more than "is not known" once no suggestion would be shown.
    bool full() const { return found_.size() >= max_kept; }
    bool all_shown() const { return found_.size() < max_listed; }
    // The first in reading order; the others are further lines of its message. Must not be empty.
    Error to_error() const;

private:
    static constexpr std::size_t max_listed = 50;
    static constexpr std::size_t max_kept = 1000;
    struct Problem {
        Error error;
        SourcePosition position;
    };
    std::vector<Problem> found_;
};

}  // namespace tandem
