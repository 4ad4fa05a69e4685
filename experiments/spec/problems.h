// Everything wrong with one experiment, collected so that a user mends a file once and not error by error.
// Thread rule: one thread at a time.
#pragma once

#include <string>
#include <vector>

#include "engine/api/error.h"
#include "experiments/spec/spec.h"

namespace tandem {

// What is wrong with a value, before it is known where it stands.
struct Fault {
    std::string code;
    std::string message;  // follows the value's path: "is 0 tokens, allowed 1 to 16777216"
};

// "file:line:column"; the file alone where there is no line (an override on the command line).
std::string to_string(const SourcePosition& position);

class Problems {
public:
    void add(std::string code, std::string message, const SourcePosition& position,
             ErrorKind kind = ErrorKind::bad_input);
    void add_fault(const std::string& path, Fault fault, const SourcePosition& position);
    void append(Problems other);
    bool empty() const { return found_.empty(); }
    // The first in reading order; the others are further lines of its message. Must not be empty.
    Error to_error() const;

private:
    struct Problem {
        Error error;
        SourcePosition position;
    };
    std::vector<Problem> found_;
};

}  // namespace tandem
