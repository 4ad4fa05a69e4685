#include "engine/tokenizer/json_components.h"
#include "engine/tokenizer/json_pattern.h"
#include "engine/tokenizer/json_walk.h"

namespace tandem {
namespace {

using Kind = DecodeStep::Kind;

// A text that is looked for: nothing cannot be found.
Result<std::string> read_mark(const JsonFields& fields, std::string_view key) {
    std::string text = TANDEM_TRY(read_content(fields, key));
    if (text.empty()) {
        return fields.refuse("'" + std::string(key) + "' must not be empty");
    }
    return text;
}

Result<DecodeStep> decode_step(const std::string& type, const JsonFields& fields) {
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
        JsonPattern read = TANDEM_TRY(read_pattern(fields));
        return DecodeStep{.kind = Kind::replace,
                          .pattern = std::move(read.literal),
                          .regex = std::move(read.regex),
                          .content = TANDEM_TRY(read_content(fields, "content"))};
    }
    if (type == "Strip") {
        return DecodeStep{.kind = Kind::strip,
                          .pattern = TANDEM_TRY(read_one_char(fields, "content")),
                          .from_start = TANDEM_TRY(fields.count("start", 1024)),
                          .from_end = TANDEM_TRY(fields.count("stop", 1024))};
    }
    if (type == "Metaspace") {
        const SplitStep step = TANDEM_TRY(read_metaspace(fields));
        return DecodeStep{.kind = Kind::metaspace,
                          .pattern = step.replacement,
                          .drop_first = step.prepend != SplitStep::Prepend::never};
    }
    if (type == "WordPiece") {
        return DecodeStep{.kind = Kind::word_piece,
                          .pattern = TANDEM_TRY(read_content(fields, "prefix")),
                          .clean_up = TANDEM_TRY(fields.truth("cleanup"))};
    }
    if (type == "BPEDecoder") {
        return DecodeStep{.kind = Kind::word_end, .pattern = TANDEM_TRY(read_mark(fields, "suffix"))};
    }
    if (type == "CTC") {
        return DecodeStep{.kind = Kind::ctc,
                          .pattern = TANDEM_TRY(read_mark(fields, "pad_token")),
                          .content = TANDEM_TRY(read_mark(fields, "word_delimiter_token")),
                          .clean_up = TANDEM_TRY(fields.truth("cleanup"))};
    }
    return unsupported("the decoder", type,
                       "BPEDecoder, ByteFallback, ByteLevel, CTC, Fuse, Metaspace, Replace, Sequence, Strip, WordPiece",
                       fields.origin());
}

}  // namespace

Result<Decoder> read_decoder(const Json& value, const std::string& origin) {
    Decoder steps;
    if (value.is_null()) {
        steps.push_back({.kind = Kind::join});
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
