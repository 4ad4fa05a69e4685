// The words of YAML as values, strictly: what is in quotes is text, `no` is not a truth value, a whole number has no
// point. One rule for files, sweeps and the command line. Errors: SPEC_TYPE and SPEC_RANGE as a Fault.
// Thread rule: stateless.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/data_file.h"
#include "engine/api/field.h"
#include "experiments/spec/problems.h"

namespace tandem {

struct Scalar {
    std::string_view text;
    bool quoted = false;
};

using MaybeFault = std::optional<Fault>;

MaybeFault read_scalar(Scalar scalar, const FieldInfo& info, bool& out);
MaybeFault read_scalar(Scalar scalar, const FieldInfo& info, std::int64_t& out);  // unit "bytes" takes 4GiB, 512MB
MaybeFault read_scalar(Scalar scalar, const FieldInfo& info, double& out);
MaybeFault read_scalar(Scalar scalar, const FieldInfo& info, std::string& out);
MaybeFault read_scalar(Scalar scalar, const FieldInfo& info, DataFile& out);  // "pairs.jsonl", "pairs.jsonl#test"

MaybeFault not_one_of(Scalar scalar, const std::vector<std::string>& choices);

template <class E>
std::vector<std::string> enum_choices() {
    std::vector<std::string> names;
    for (const auto& [value, name] : EnumNames<E>::values) {
        names.emplace_back(name);
    }
    return names;
}

template <class E>
requires std::is_enum_v<E> MaybeFault read_scalar(Scalar scalar, const FieldInfo&, E& out) {
    if (const auto known = enum_from_name<E>(scalar.text)) {
        out = *known;
        return std::nullopt;
    }
    return not_one_of(scalar, enum_choices<E>());
}

template <class T>
MaybeFault read_scalar(Scalar scalar, const FieldInfo& info, std::optional<T>& out) {
    T inner{};
    MaybeFault fault = read_scalar(scalar, info, inner);
    if (!fault) {
        out = std::move(inner);
    }
    return fault;
}

// "1 to 16777216 tokens", "from 0", "any number".
std::string describe_range(const FieldInfo& info);

// A number as YAML spells it, shortest that reads back the same.
std::string spell_number(double value);

// "a, b or c".
std::string join_choices(const std::vector<std::string>& choices);

}  // namespace tandem
