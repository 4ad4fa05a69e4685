// What went wrong, as a value. Every fallible call of Tandem returns Result<T> (result.h) holding one of these.
// Thread rule: plain data, freely copied. Exceptions of libraries become an Error once, at the module's boundary.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace tandem {

// Decides exit codes and retries; `Error::code` names the exact fault.
enum class ErrorKind {
    bad_input,      // the user's file, flag or model is at fault; nothing was changed (exit code 2)
    io,             // the operating system refused: disk full, permission, missing file
    unsupported,    // valid, but not available on this machine or in this version
    out_of_memory,  // more memory was needed than the machine or the limit allows
    cancelled,      // the user asked to stop; resumable (exit code 130)
    failed,         // a trial, worker or peer failed
    internal,       // a promise of our own was broken; please report
};

std::string_view error_kind_name(ErrorKind kind);

// Inverse of error_kind_name; an unknown name (a newer peer) reads as `failed`.
ErrorKind error_kind_from_name(std::string_view name);

struct Error {
    std::string code;     // stable, upper case, as in "GGUF_BAD_MAGIC"; tests and scripts match on it
    std::string message;  // what is wrong, what was found, what is allowed
    std::string where;    // "file:line:column", "file: byte offset" or a key; may be empty
    ErrorKind kind = ErrorKind::bad_input;
    std::shared_ptr<const Error> cause;  // the lower error this one explains, or null

    // "CODE: message, at where; because CODE: ..." on one line.
    std::string to_string() const;
};

// The same error seen from one level up: `outer` with `inner` as its cause, keeping inner's kind.
Error wrap(Error outer, Error inner);

}  // namespace tandem
