#include "engine/tokenizer/json_components.h"

#include <array>
#include <functional>
#include <utility>

#include "engine/tensor/utf8.h"

namespace tandem {

const char* const gpt2_expression = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

namespace {

constexpr int deepest_sequence = 8;
constexpr std::size_t most_steps = 64;
constexpr std::size_t longest_content = 1024;

Error unsupported(const std::string& part, const std::string& found, const std::string& supported,
                  const std::string& origin) {
    return config_error(part + " '" + printable(found) + "' is not supported, supported are " + supported, origin);
}

// Calls `each` for every part that is not a Sequence, in order.
Result<void> walk(const Json& value, const std::string& part, const std::string& list, const std::string& origin,
                  const std::function<Result<void>(const std::string&, const JsonFields&)>& each, int depth = 0) {
    if (value.is_null()) {
        return {};
    }
    const std::string type = TANDEM_TRY(JsonFields(value, part, origin).text("type"));
    const JsonFields fields(value, part + "." + printable(type), origin);
    if (type != "Sequence") {
        return each(type, fields);
    }
    if (depth >= deepest_sequence) {
        return fields.refuse("sequences nest deeper than " + std::to_string(deepest_sequence));
    }
    const Json* items = TANDEM_TRY(fields.list(list));
    if (items->size() > most_steps) {
        return fields.refuse("more than " + std::to_string(most_steps) + " steps");
    }
    for (const Json& item : *items) {
        TANDEM_TRY(walk(item, part, list, origin, each, depth + 1));
    }
    return {};
}

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
        read.regex = TANDEM_TRY(SplitRegex::compile(TANDEM_TRY(inner.text("Regex")), inner.origin()));
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

Result<TokenId> known_token(const JsonFields& fields, const Vocabulary& vocabulary, const std::string& name,
                            const Json& id) {
    const auto there = vocabulary.find(name);
    if (!there) {
        return fields.refuse("names the token '" + printable(name) + "', which is not in the vocabulary");
    }
    if (!id.is_number_integer() || id.get<std::int64_t>() != *there) {
        return tokenizer_error("TOK_ID_RANGE",
                               fields.what() + ": '" + printable(name) + "' has the id " + shown(id) + " here and " +
                                   std::to_string(*there) + " in the vocabulary",
                               fields.origin());
    }
    return *there;
}

Result<void> read_template(const JsonFields& fields, const Vocabulary& vocabulary, std::vector<TokenId>& before,
                           std::vector<TokenId>& after) {
    const Json* single = TANDEM_TRY(fields.list("single"));
    const Json* known = fields.find("special_tokens");
    if (single->size() > most_steps) {
        return fields.refuse("more than " + std::to_string(most_steps) + " parts");
    }
    std::vector<TokenId> head;
    std::vector<TokenId> tail;
    bool seen_text = false;
    for (const Json& item : *single) {
        const JsonFields part(item, fields.what() + ".single", fields.origin());
        if (const Json* sequence = part.find("Sequence")) {
            const std::string id = TANDEM_TRY(JsonFields(*sequence, part.what(), fields.origin()).text("id"));
            if (id != "A" || seen_text) {
                return part.refuse("must name the sequence A once, found '" + printable(id) + "'");
            }
            seen_text = true;
            continue;
        }
        const Json* special = part.find("SpecialToken");
        if (special == nullptr) {
            return part.refuse("a part is neither Sequence nor SpecialToken");
        }
        const std::string name = TANDEM_TRY(JsonFields(*special, part.what(), fields.origin()).text("id"));
        const Json* entry = nullptr;
        if (known != nullptr && known->is_object() && known->contains(name)) {
            entry = &known->at(name);
        }
        if (entry == nullptr) {
            return part.refuse("names '" + printable(name) + "', which special_tokens does not have");
        }
        const JsonFields described(*entry, part.what() + "." + printable(name), fields.origin());
        const Json* ids = TANDEM_TRY(described.list("ids"));
        const Json* tokens = TANDEM_TRY(described.list("tokens"));
        if (ids->size() != tokens->size() || ids->size() > most_steps) {
            return described.refuse("'ids' and 'tokens' differ in length");
        }
        for (std::size_t i = 0; i < ids->size(); ++i) {
            if (!(*tokens)[i].is_string()) {
                return described.refuse("a token is not a string");
            }
            (seen_text ? tail : head)
                .push_back(TANDEM_TRY(known_token(described, vocabulary, (*tokens)[i].get<std::string>(), (*ids)[i])));
        }
    }
    if (!seen_text) {
        return fields.refuse("the template has no sequence A");
    }
    before.insert(before.begin(), head.begin(), head.end());
    after.insert(after.end(), tail.begin(), tail.end());
    return {};
}

Result<TokenId> named_pair(const JsonFields& fields, const Vocabulary& vocabulary, std::string_view key) {
    const Json* pair = TANDEM_TRY(fields.list(key));
    if (pair->size() != 2 || !(*pair)[0].is_string()) {
        return fields.refuse("'" + std::string(key) + "' must be a token and its id");
    }
    return known_token(fields, vocabulary, (*pair)[0].get<std::string>(), (*pair)[1]);
}

}  // namespace

Result<Normaliser> read_normaliser(const Json& value, const std::string& origin) {
    using Kind = NormaliseStep::Kind;
    Normaliser steps;
    TANDEM_TRY(walk(value, "normalizer", "normalizers", origin,
                    [&](const std::string& type, const JsonFields& fields) -> Result<void> {
                        constexpr std::array<std::pair<std::string_view, unicode::Form>, 4> forms{{
                            {"NFC", unicode::Form::nfc},
                            {"NFD", unicode::Form::nfd},
                            {"NFKC", unicode::Form::nfkc},
                            {"NFKD", unicode::Form::nfkd},
                        }};
                        for (const auto& [name, form] : forms) {
                            if (name == type) {
                                steps.push_back({.kind = Kind::form, .form = form});
                                return {};
                            }
                        }
                        if (type == "Lowercase") {
                            steps.push_back({.kind = Kind::lowercase});
                            return {};
                        }
                        if (type == "Prepend") {
                            steps.push_back({.kind = Kind::prepend, .content = TANDEM_TRY(content(fields, "prepend"))});
                            return {};
                        }
                        if (type == "Replace") {
                            Pattern read = TANDEM_TRY(pattern(fields));
                            steps.push_back({.kind = Kind::replace,
                                             .content = TANDEM_TRY(content(fields, "content")),
                                             .pattern = std::move(read.literal),
                                             .regex = std::move(read.regex)});
                            return {};
                        }
                        return unsupported("the normalizer", type,
                                           "Lowercase, NFC, NFD, NFKC, NFKD, Prepend, Replace, Sequence", origin);
                    }));
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
    TANDEM_TRY(walk(value, "decoder", "decoders", origin,
                    [&](const std::string& type, const JsonFields& fields) -> Result<void> {
                        steps.push_back(TANDEM_TRY(decode_step(type, fields)));
                        return {};
                    }));
    return steps;
}

Result<void> read_post_processor(const Json& value, const Vocabulary& vocabulary, std::vector<TokenId>& before,
                                 std::vector<TokenId>& after) {
    const std::string& origin = vocabulary.origin();
    return walk(value, "post_processor", "processors", origin,
                [&](const std::string& type, const JsonFields& fields) -> Result<void> {
                    if (type == "ByteLevel") {
                        return {};  // it only trims offsets
                    }
                    if (type == "TemplateProcessing") {
                        return read_template(fields, vocabulary, before, after);
                    }
                    if (type == "BertProcessing" || type == "RobertaProcessing") {
                        before.insert(before.begin(), TANDEM_TRY(named_pair(fields, vocabulary, "cls")));
                        after.push_back(TANDEM_TRY(named_pair(fields, vocabulary, "sep")));
                        return {};
                    }
                    return unsupported("the post_processor", type,
                                       "BertProcessing, ByteLevel, RobertaProcessing, Sequence, TemplateProcessing",
                                       origin);
                });
}

}  // namespace tandem
