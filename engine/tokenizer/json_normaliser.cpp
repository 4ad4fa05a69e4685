#include <array>
#include <utility>

#include "engine/api/utf8.h"
#include "engine/tokenizer/base64.h"
#include "engine/tokenizer/json_components.h"
#include "engine/tokenizer/json_pattern.h"
#include "engine/tokenizer/json_walk.h"

namespace tandem {
namespace {

using Kind = NormaliseStep::Kind;

// Steps that have no settings.
std::optional<NormaliseStep> plain_step(std::string_view type) {
    if (type == "NFC") {
        return NormaliseStep{.kind = Kind::form, .form = Form::nfc};
    }
    if (type == "NFD") {
        return NormaliseStep{.kind = Kind::form, .form = Form::nfd};
    }
    if (type == "NFKC") {
        return NormaliseStep{.kind = Kind::form, .form = Form::nfkc};
    }
    if (type == "NFKD") {
        return NormaliseStep{.kind = Kind::form, .form = Form::nfkd};
    }
    constexpr std::array<std::pair<std::string_view, Kind>, 4> kinds{{
        {"Lowercase", Kind::lowercase},
        {"StripAccents", Kind::drop_combining},
        {"Nmt", Kind::nmt},
        {"ByteLevel", Kind::byte_alphabet},
    }};
    for (const auto& [name, kind] : kinds) {
        if (name == type) {
            return NormaliseStep{.kind = kind};
        }
    }
    return std::nullopt;
}

// BERT's normaliser is four steps, each of which may be left out.
Result<void> add_bert(const JsonFields& fields, Normaliser& steps) {
    const bool lowercase = TANDEM_TRY(fields.truth("lowercase"));
    if (TANDEM_TRY(fields.truth("clean_text"))) {
        steps.push_back({.kind = Kind::clean});
    }
    if (TANDEM_TRY(fields.truth("handle_chinese_chars"))) {
        steps.push_back({.kind = Kind::space_ideographs});
    }
    if (TANDEM_TRY(fields.truth("strip_accents", lowercase))) {
        steps.push_back({.kind = Kind::form, .form = Form::nfd});
        steps.push_back({.kind = Kind::drop_nonspacing});
    }
    if (lowercase) {
        steps.push_back({.kind = Kind::lowercase});
    }
    return {};
}

Result<void> add_step(const std::string& type, const JsonFields& fields, Normaliser& steps) {
    if (auto step = plain_step(type)) {
        steps.push_back(*std::move(step));
        return {};
    }
    if (type == "BertNormalizer" || type == "Bert") {
        return add_bert(fields, steps);
    }
    if (type == "Strip") {
        NormaliseStep step{.kind = Kind::strip};
        step.strip_left = TANDEM_TRY(fields.truth("strip_left"));
        step.strip_right = TANDEM_TRY(fields.truth("strip_right"));
        steps.push_back(std::move(step));
        return {};
    }
    if (type == "Prepend") {
        steps.push_back({.kind = Kind::prepend, .content = TANDEM_TRY(read_content(fields, "prepend"))});
        return {};
    }
    if (type == "Replace") {
        JsonPattern read = TANDEM_TRY(read_pattern(fields));
        steps.push_back({.kind = Kind::replace,
                         .content = TANDEM_TRY(read_content(fields, "content")),
                         .pattern = std::move(read.literal),
                         .regex = std::move(read.regex)});
        return {};
    }
    if (type == "Precompiled") {
        const std::string coded = TANDEM_TRY(fields.text("precompiled_charsmap"));
        const auto bytes = base64_decoded(coded);
        if (!bytes) {
            return fields.refuse("the precompiled_charsmap is not base64");
        }
        steps.push_back({.kind = Kind::charsmap, .charsmap = TANDEM_TRY(Charsmap::parse(*bytes, fields.origin()))});
        return {};
    }
    return unsupported("the normalizer", type,
                       "BertNormalizer, ByteLevel, Lowercase, NFC, NFD, NFKC, NFKD, Nmt, Precompiled, Prepend, "
                       "Replace, Sequence, Strip, StripAccents",
                       fields.origin());
}

}  // namespace

Result<Normaliser> read_normaliser(const Json& value, const std::string& origin) {
    Normaliser steps;
    TANDEM_TRY(walk(value, "normalizer", "normalizers", origin,
                    [&](const std::string& type, const JsonFields& fields) { return add_step(type, fields, steps); }));
    return steps;
}

}  // namespace tandem
