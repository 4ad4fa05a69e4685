#include "engine/api/error.h"

#include <array>
#include <utility>

namespace tandem {
namespace {

constexpr std::array<std::pair<ErrorKind, std::string_view>, 7> kind_names{{
    {ErrorKind::bad_input, "bad_input"},
    {ErrorKind::io, "io"},
    {ErrorKind::unsupported, "unsupported"},
    {ErrorKind::out_of_memory, "out_of_memory"},
    {ErrorKind::cancelled, "cancelled"},
    {ErrorKind::failed, "failed"},
    {ErrorKind::internal, "internal"},
}};

}  // namespace

std::string_view error_kind_name(ErrorKind kind) {
    for (const auto& [value, name] : kind_names) {
        if (value == kind) {
            return name;
        }
    }
    return "failed";
}

ErrorKind error_kind_from_name(std::string_view name) {
    for (const auto& [value, known] : kind_names) {
        if (known == name) {
            return value;
        }
    }
    return ErrorKind::failed;
}

std::string Error::to_string() const {
    std::string text = code + ": " + message;
    if (!where.empty()) {
        text += ", at " + where;
    }
    if (cause) {
        text += "; because " + cause->to_string();
    }
    return text;
}

Error wrap(Error outer, Error inner) {
    outer.kind = inner.kind;
    outer.cause = std::make_shared<const Error>(std::move(inner));
    return outer;
}

}  // namespace tandem
