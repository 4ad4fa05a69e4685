// The errors of a session beyond those of frames and messages. Thread rule: stateless.
#pragma once

#include <string>

#include "engine/api/error.h"
#include "experiments/wire/frame.h"

namespace tandem::wire {

inline Error state_error(std::string what) {
    return Error{.code = "WIRE_STATE",
                 .message = std::move(what) + "; the message was refused, what came before it stands",
                 .kind = ErrorKind::failed};
}

inline Error state_error(const std::string& what, const Frame& frame) {
    Error error = state_error(what + ", found type " + std::to_string(static_cast<int>(frame.type)));
    error.where = "frame " + std::to_string(frame.counter);
    return error;
}

inline Error sequence_error(std::string what) {
    return Error{.code = "WIRE_SEQUENCE",
                 .message = std::move(what) + "; the message was refused, what came before it stands",
                 .kind = ErrorKind::failed};
}

}  // namespace tandem::wire
