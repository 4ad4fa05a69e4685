#include <algorithm>

#include "engine/api/utf8.h"
#include "engine/tokenizer/gguf_tokens.h"
#include "engine/tokenizer/merge_bpe.h"
#include "engine/tokenizer/split_kinds.h"

namespace tandem {
namespace {

constexpr const char* space_mark = "\xE2\x96\x81";  // U+2581

Result<const SplitKind*> split_kind(const GgufTokens& from) {
    if (!from.file().has("tokenizer.ggml.pre")) {
        return from.refuse(
            "there is no tokenizer.ggml.pre, so how texts were split is not known; convert the model again with a "
            "recent converter, which writes one of " +
            split_kind_names());
    }
    const std::string name = TANDEM_TRY(from.file().text("tokenizer.ggml.pre"));
    const SplitKind* kind = find_split_kind(name);
    if (kind == nullptr) {
        return from.refuse("tokenizer.ggml.pre '" + printable(name) + "' is not supported, supported are " +
                           split_kind_names());
    }
    return kind;
}

Result<MergeBpe::Merges> read_merges(const GgufTokens& from, bool raw) {
    const std::vector<std::string> lines = TANDEM_TRY(from.file().texts("tokenizer.ggml.merges"));
    MergeBpe::Merges merges;
    merges.reserve(lines.size());
    for (const std::string& line : lines) {
        // Raw pieces may themselves begin with a blank.
        const std::size_t space = line.find(' ', raw ? 1 : 0);
        if (space == std::string::npos || line.find(' ', space + 1) != std::string::npos) {
            return from.refuse("merge " + std::to_string(merges.size()) + " '" + printable(line) +
                               "' must be two tokens with a space between them");
        }
        merges.emplace_back(line.substr(0, space), line.substr(space + 1));
    }
    return merges;
}

Result<void> add_splits(const SplitKind& kind, const std::string& origin, std::vector<SplitStep>& splits) {
    for (const char* expression : kind.expressions) {
        if (expression == nullptr) {
            break;
        }
        if (expression == spelled_digits) {
            splits.push_back({.kind = SplitStep::Kind::byte_alphabet});
            splits.push_back({.kind = SplitStep::Kind::digits, .behaviour = SplitBehaviour::contiguous});
        } else if (expression == digit_groups) {
            splits.push_back({.kind = SplitStep::Kind::grouped_digits});
        } else {
            splits.push_back({.regex = TANDEM_TRY(SplitRegex::compile(expression, origin))});
        }
    }
    return {};
}

}  // namespace

Result<void> read_gguf_merges(GgufTokens& from, bool gemma, TokenizerParts& parts) {
    TANDEM_TRY(from.read_tokens(parts));
    const SplitKind& kind = gemma ? *find_split_kind("gemma4") : *TANDEM_TRY(split_kind(from));
    const MergeBpe::Merges merges = TANDEM_TRY(read_merges(from, kind.raw));
    TANDEM_TRY(add_splits(kind, from.file().origin(), parts.splits));
    const bool spelled = std::any_of(parts.splits.begin(), parts.splits.end(),
                                     [](const SplitStep& step) { return step.kind == SplitStep::Kind::byte_alphabet; });
    if (spelled) {
        TANDEM_TRY(check_byte_alphabet(*from.vocabulary()));
    }
    MergeBpeOptions options{.byte_level = !kind.raw && !spelled,
                            .byte_fallback = kind.raw,
                            .ignore_merges = kind.ignore_merges,
                            .fuse_unknown = true};
    options.unknown = TANDEM_TRY(from.unknown_id());
    parts.model = TANDEM_TRY(MergeBpe::create(from.vocabulary(), merges, options));
    parts.byte_level = !kind.raw;
    if (kind.nfc) {
        parts.normaliser.push_back({.kind = NormaliseStep::Kind::form, .form = Form::nfc});
    }
    if (TANDEM_TRY(from.flag("tokenizer.ggml.add_space_prefix", false))) {
        return from.refuse("tokenizer.ggml.add_space_prefix with a tokenizer of merges is not supported");
    }
    using Step = DecodeStep::Kind;
    if (kind.raw) {
        parts.normaliser.push_back({.kind = NormaliseStep::Kind::replace, .content = space_mark, .pattern = " "});
        parts.decoder.push_back({.kind = Step::replace, .pattern = space_mark, .content = " "});
        parts.decoder.push_back({.kind = Step::byte_fallback});
        parts.decoder.push_back({.kind = Step::fuse});
    } else {
        parts.decoder.push_back({.kind = Step::byte_level});
    }
    parts.kind =
        std::string(kind.raw ? "BPE with byte fallback" : "byte-level BPE") + " (" + std::string(kind.name) + ")";
    return from.surround(parts, kind.adds_bos, kind.adds_eos);
}

}  // namespace tandem
