#include "engine/tokenizer/json_components.h"

#include <array>
#include <utility>

#include "engine/api/utf8.h"
#include "engine/tokenizer/json_walk.h"

namespace tandem {

const char* const gpt2_expression = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

namespace {

constexpr std::size_t longest_content = 1024;

struct Pattern {
    std::string literal;
    std::shared_ptr<const SplitRegex> regex;
};

Result<std::string> content(const JsonFields& fields, std::string_view key) {
    std::string text = TANDEM_TRY(fields.text(key));
    if (text.size() > longest_content) {
        return fields.refuse("'" + std::string(key) + "' has more than " + std::to_string(longest_content) + " bytes");
    }
    return text;
}

Result<Pattern> pattern(const JsonFields& fields) {
    const Json* value = fields.find("pattern");
    const Json empty = Json::object();
    const JsonFields inner(value == nullptr ? empty : *value, fields.what() + ".pattern", fields.origin());
    Pattern read;
    if (inner.find("String") != nullptr) {
        read.literal = TANDEM_TRY(content(inner, "String"));
        if (read.literal.empty()) {
            return inner.refuse("the string is empty");
        }
    } else {
        const std::string expression = TANDEM_TRY(inner.text("Regex"));
        read.regex = TANDEM_TRY(SplitRegex::compile(expression, inner.origin()));
    }
    return read;
}

Result<std::string> one_char(const JsonFields& fields, std::string_view key) {
    std::string text = TANDEM_TRY(fields.text(key));
    if (text.empty() || unicode::char_size(text[0]) != text.size()) {
        return fields.refuse("'" + std::string(key) + "' must be one character");
    }
    return text;
}

Result<SplitBehaviour> behaviour(const JsonFields& fields) {
    constexpr std::array<std::pair<std::string_view, SplitBehaviour>, 5> names{{
        {"Removed", SplitBehaviour::removed},
        {"Isolated", SplitBehaviour::isolated},
        {"MergedWithPrevious", SplitBehaviour::merged_with_previous},
        {"MergedWithNext", SplitBehaviour::merged_with_next},
        {"Contiguous", SplitBehaviour::contiguous},
    }};
    const std::string name = TANDEM_TRY(fields.text("behavior"));
    for (const auto& [known, value] : names) {
        if (known == name) {
            return value;
        }
    }
    return fields.refuse("the behavior '" + printable(name) +
                         "' is unknown, known are Removed, Isolated, MergedWithPrevious, MergedWithNext, Contiguous");
}

Result<SplitStep> metaspace_step(const JsonFields& fields) {
    SplitStep step{.kind = SplitStep::Kind::metaspace};
    step.replacement = TANDEM_TRY(one_char(fields, "replacement"));
    step.split = TANDEM_TRY(fields.truth("split", true));
    // Before prepend_scheme there was add_prefix_space, true where it is not given.
    const bool adds = TANDEM_TRY(fields.truth("add_prefix_space", true));
    const std::string scheme = TANDEM_TRY(fields.text("prepend_scheme", adds ? "always" : "never"));
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
    return step;
}

Result<void> add_split(const std::string& type, const JsonFields& fields, PreTokeniserReading& reading) {
    if (reading.byte_level) {
        return fields.refuse("comes after ByteLevel, which must be the last step");
    }
    reading.names += (reading.names.empty() ? "" : ", ") + type;
    if (type == "ByteLevel") {
        reading.byte_level = true;
        if (TANDEM_TRY(fields.truth("add_prefix_space", true))) {
            reading.splits.push_back({.kind = SplitStep::Kind::prefix_space});
        }
        if (TANDEM_TRY(fields.truth("use_regex", true))) {
            reading.splits.push_back({.regex = TANDEM_TRY(SplitRegex::compile(gpt2_expression, fields.origin()))});
        }
        return {};
    }
    if (type == "Split") {
        Pattern read = TANDEM_TRY(pattern(fields));
        SplitStep step{.literal = std::move(read.literal), .regex = std::move(read.regex)};
        step.behaviour = TANDEM_TRY(behaviour(fields));
        step.invert = TANDEM_TRY(fields.truth("invert", false));
        reading.splits.push_back(std::move(step));
        return {};
    }
    if (type == "Digits") {
        const bool individual = TANDEM_TRY(fields.truth("individual_digits", false));
        reading.splits.push_back({.kind = SplitStep::Kind::digits,
                                  .behaviour = individual ? SplitBehaviour::isolated : SplitBehaviour::contiguous});
        return {};
    }
    if (type == "Metaspace") {
        reading.splits.push_back(TANDEM_TRY(metaspace_step(fields)));
        return {};
    }
    return unsupported("the pre_tokenizer", type, "ByteLevel, Digits, Metaspace, Sequence, Split", fields.origin());
}

Result<NormaliseStep> normalise_step(const std::string& type, const JsonFields& fields) {
    using Kind = NormaliseStep::Kind;
    constexpr std::array<std::pair<std::string_view, unicode::Form>, 4> forms{{
        {"NFC", unicode::Form::nfc},
        {"NFD", unicode::Form::nfd},
        {"NFKC", unicode::Form::nfkc},
        {"NFKD", unicode::Form::nfkd},
    }};
    for (const auto& [name, form] : forms) {
        if (name == type) {
            return NormaliseStep{.kind = Kind::form, .form = form};
        }
    }
    if (type == "Lowercase") {
        return NormaliseStep{.kind = Kind::lowercase};
    }
    if (type == "Prepend") {
        return NormaliseStep{.kind = Kind::prepend, .content = TANDEM_TRY(content(fields, "prepend"))};
    }
    if (type == "Replace") {
        Pattern read = TANDEM_TRY(pattern(fields));
        return NormaliseStep{.kind = Kind::replace,
                             .content = TANDEM_TRY(content(fields, "content")),
                             .pattern = std::move(read.literal),
                             .regex = std::move(read.regex)};
    }
    return unsupported("the normalizer", type, "Lowercase, NFC, NFD, NFKC, NFKD, Prepend, Replace, Sequence",
                       fields.origin());
}

Result<DecodeStep> decode_step(const std::string& type, const JsonFields& fields) {
    using Kind = DecodeStep::Kind;
    if (type == "ByteLevel") {
        return DecodeStep{.kind = Kind::byte_level};
    }
    if (type == "ByteFallback") {
        return DecodeStep{.kind = Kind::byte_fallback};
    }
    if (type == "Fuse") {
        return DecodeStep{.kind = Kind::fuse};
    }
    if (type == "Replace") {
        Pattern read = TANDEM_TRY(pattern(fields));
        return DecodeStep{.kind = Kind::replace,
                          .pattern = std::move(read.literal),
                          .regex = std::move(read.regex),
                          .content = TANDEM_TRY(content(fields, "content"))};
    }
    if (type == "Strip") {
        return DecodeStep{.kind = Kind::strip,
                          .pattern = TANDEM_TRY(one_char(fields, "content")),
                          .from_start = TANDEM_TRY(fields.count("start", 1024)),
                          .from_end = TANDEM_TRY(fields.count("stop", 1024))};
    }
    if (type == "Metaspace") {
        const SplitStep step = TANDEM_TRY(metaspace_step(fields));
        return DecodeStep{.kind = Kind::metaspace,
                          .pattern = step.replacement,
                          .drop_first = step.prepend != SplitStep::Prepend::never};
    }
    return unsupported("the decoder", type, "ByteFallback, ByteLevel, Fuse, Metaspace, Replace, Sequence, Strip",
                       fields.origin());
}

}  // namespace

Result<Normaliser> read_normaliser(const Json& value, const std::string& origin) {
    Normaliser steps;
    const auto each = [&](const std::string& type, const JsonFields& fields) -> Result<void> {
        steps.push_back(TANDEM_TRY(normalise_step(type, fields)));
        return {};
    };
    TANDEM_TRY(walk(value, "normalizer", "normalizers", origin, each));
    return steps;
}

Result<PreTokeniserReading> read_pre_tokeniser(const Json& value, const std::string& origin) {
    PreTokeniserReading reading;
    TANDEM_TRY(
        walk(value, "pre_tokenizer", "pretokenizers", origin,
             [&](const std::string& type, const JsonFields& fields) { return add_split(type, fields, reading); }));
    return reading;
}

Result<Decoder> read_decoder(const Json& value, const std::string& origin) {
    Decoder steps;
    if (value.is_null()) {
        steps.push_back({.kind = DecodeStep::Kind::join});
        return steps;
    }
    const auto each = [&](const std::string& type, const JsonFields& fields) -> Result<void> {
        steps.push_back(TANDEM_TRY(decode_step(type, fields)));
        return {};
    };
    TANDEM_TRY(walk(value, "decoder", "decoders", origin, each));
    return steps;
}

}  // namespace tandem
