#include "engine/tokenizer/json_pattern.h"

#include <array>
#include <utility>

#include "engine/api/utf8.h"
#include "engine/tokenizer/unicode.h"

namespace tandem {
namespace {

constexpr std::size_t longest_content = 1024;

}  // namespace

Result<std::string> read_content(const JsonFields& fields, std::string_view key) {
    std::string text = TANDEM_TRY(fields.text(key));
    if (text.size() > longest_content) {
        return fields.refuse("'" + std::string(key) + "' has more than " + std::to_string(longest_content) + " bytes");
    }
    return text;
}

Result<JsonPattern> read_pattern(const JsonFields& fields) {
    const Json* value = fields.find("pattern");
    const Json empty = Json::object();
    const JsonFields inner(value == nullptr ? empty : *value, fields.what() + ".pattern", fields.origin());
    JsonPattern read;
    if (inner.find("String") != nullptr) {
        read.literal = TANDEM_TRY(read_content(inner, "String"));
        if (read.literal.empty()) {
            return inner.refuse("the string is empty");
        }
    } else {
        const std::string expression = TANDEM_TRY(inner.text("Regex"));
        read.regex = TANDEM_TRY(SplitRegex::compile(expression, inner.origin()));
    }
    return read;
}

Result<std::string> read_one_char(const JsonFields& fields, std::string_view key) {
    std::string text = TANDEM_TRY(fields.text(key));
    if (text.empty() || unicode::char_size(text[0]) != text.size()) {
        return fields.refuse("'" + std::string(key) + "' must be one character");
    }
    return text;
}

Result<SplitBehaviour> read_behaviour(const JsonFields& fields, std::optional<SplitBehaviour> absent) {
    constexpr std::array<std::pair<std::string_view, SplitBehaviour>, 5> names{{
        {"Removed", SplitBehaviour::removed},
        {"Isolated", SplitBehaviour::isolated},
        {"MergedWithPrevious", SplitBehaviour::merged_with_previous},
        {"MergedWithNext", SplitBehaviour::merged_with_next},
        {"Contiguous", SplitBehaviour::contiguous},
    }};
    if (absent && fields.find("behavior") == nullptr) {
        return *absent;
    }
    const std::string name = TANDEM_TRY(fields.text("behavior"));
    for (const auto& [known, value] : names) {
        if (known == name) {
            return value;
        }
    }
    return fields.refuse("the behavior '" + printable(name) +
                         "' is unknown, known are Removed, Isolated, MergedWithPrevious, MergedWithNext, Contiguous");
}

Result<SplitStep> read_metaspace(const JsonFields& fields) {
    SplitStep step{.kind = SplitStep::Kind::metaspace};
    step.replacement = TANDEM_TRY(read_one_char(fields, "replacement"));
    step.split = TANDEM_TRY(fields.truth("split", true));
    const std::string scheme = TANDEM_TRY(fields.text("prepend_scheme", "always"));
    if (scheme == "always") {
        step.prepend = SplitStep::Prepend::always;
    } else if (scheme == "first") {
        step.prepend = SplitStep::Prepend::first;
    } else if (scheme == "never") {
        step.prepend = SplitStep::Prepend::never;
    } else {
        return fields.refuse("the prepend_scheme '" + printable(scheme) +
                             "' is unknown, known are always, first, never");
    }
    // Before prepend_scheme there was add_prefix_space.
    if (!TANDEM_TRY(fields.truth("add_prefix_space", true)) && step.prepend != SplitStep::Prepend::never) {
        if (fields.find("prepend_scheme") != nullptr) {
            return fields.refuse("add_prefix_space is false and the prepend_scheme '" + scheme +
                                 "', which contradict each other");
        }
        step.prepend = SplitStep::Prepend::never;
    }
    return step;
}

}  // namespace tandem
