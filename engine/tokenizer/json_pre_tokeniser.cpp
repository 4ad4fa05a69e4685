#include "engine/api/utf8.h"
#include "engine/tokenizer/json_components.h"
#include "engine/tokenizer/json_pattern.h"
#include "engine/tokenizer/json_walk.h"

namespace tandem {

const char* const gpt2_expression = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

namespace {

using Kind = SplitStep::Kind;

Result<void> add_byte_level(const JsonFields& fields, PreTokeniserReading& reading) {
    if (TANDEM_TRY(fields.truth("add_prefix_space", true))) {
        reading.splits.push_back({.kind = Kind::prefix_space});
    }
    if (TANDEM_TRY(fields.truth("use_regex", true))) {
        reading.splits.push_back({.regex = TANDEM_TRY(SplitRegex::compile(gpt2_expression, fields.origin()))});
    }
    reading.splits.push_back({.kind = Kind::byte_alphabet});
    return {};
}

Result<SplitStep> split_step(const std::string& type, const JsonFields& fields) {
    if (type == "Split") {
        JsonPattern read = TANDEM_TRY(read_pattern(fields));
        SplitStep step{.literal = std::move(read.literal), .regex = std::move(read.regex)};
        step.behaviour = TANDEM_TRY(read_behaviour(fields));
        step.invert = TANDEM_TRY(fields.truth("invert", false));
        return step;
    }
    if (type == "Digits") {
        const bool individual = TANDEM_TRY(fields.truth("individual_digits", false));
        return SplitStep{.kind = Kind::digits,
                         .behaviour = individual ? SplitBehaviour::isolated : SplitBehaviour::contiguous};
    }
    if (type == "Punctuation") {
        return SplitStep{.kind = Kind::punctuation,
                         .behaviour = TANDEM_TRY(read_behaviour(fields, SplitBehaviour::isolated))};
    }
    if (type == "Metaspace") {
        return read_metaspace(fields);
    }
    if (type == "Whitespace") {
        return SplitStep{.kind = Kind::words};
    }
    if (type == "WhitespaceSplit") {
        return SplitStep{.kind = Kind::whitespace, .behaviour = SplitBehaviour::removed};
    }
    if (type == "CharDelimiterSplit") {
        return SplitStep{.literal = TANDEM_TRY(read_one_char(fields, "delimiter")),
                         .behaviour = SplitBehaviour::removed};
    }
    if (type == "UnicodeScripts") {
        return SplitStep{.kind = Kind::scripts};
    }
    if (type == "FixedLength") {
        const std::size_t length =
            fields.find("length") == nullptr ? 5 : TANDEM_TRY(fields.count("length", std::size_t{1} << 40));
        if (length == 0) {
            return fields.refuse("'length' must be at least 1, found 0");
        }
        return SplitStep{.kind = Kind::fixed_length, .length = length};
    }
    return unsupported("the pre_tokenizer", type,
                       "BertPreTokenizer, ByteLevel, CharDelimiterSplit, Digits, FixedLength, Metaspace, Punctuation, "
                       "Sequence, Split, UnicodeScripts, Whitespace, WhitespaceSplit",
                       fields.origin());
}

}  // namespace

Result<PreTokeniserReading> read_pre_tokeniser(const Json& value, const std::string& origin) {
    PreTokeniserReading reading;
    const auto each = [&](const std::string& type, const JsonFields& fields) -> Result<void> {
        reading.names += (reading.names.empty() ? "" : ", ") + printable(type);
        if (type == "ByteLevel") {
            return add_byte_level(fields, reading);
        }
        if (type == "BertPreTokenizer") {
            reading.splits.push_back({.kind = Kind::whitespace, .behaviour = SplitBehaviour::removed});
            reading.splits.push_back({.kind = Kind::punctuation});
            return {};
        }
        reading.splits.push_back(TANDEM_TRY(split_step(type, fields)));
        return {};
    };
    TANDEM_TRY(walk(value, "pre_tokenizer", "pretokenizers", origin, each));
    return reading;
}

}  // namespace tandem
