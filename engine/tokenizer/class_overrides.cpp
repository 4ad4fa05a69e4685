#include "engine/tokenizer/class_overrides.h"

#include <string_view>

#include "engine/tokenizer/tokenizer_class.h"

namespace tandem {
namespace {

// The part of the tree, where it is of this type by itself.
Json* part_of_type(Json& tree, const char* part, std::string_view type) {
    if (!tree.is_object() || !tree.contains(part)) {
        return nullptr;
    }
    Json& found = tree.at(part);
    const bool is_it = found.is_object() && found.contains("type") && found.at("type") == type;
    return is_it ? &found : nullptr;
}

}  // namespace

Result<void> apply_class_overrides(const FolderSettings& settings, Json& tree) {
    const auto which = tokenizer_class(settings.class_name());
    if (!which) {
        return {};
    }
    switch (*which) {
        case TokenizerClass::gpt2:
        case TokenizerClass::gpt_neox:
        case TokenizerClass::codegen:
        case TokenizerClass::roberta: {
            Json* const words = part_of_type(tree, "pre_tokenizer", "ByteLevel");
            const bool is_null = settings.names("add_prefix_space") && !settings.has("add_prefix_space");
            if (words != nullptr && !is_null) {
                (*words)["add_prefix_space"] = TANDEM_TRY(settings.truth("add_prefix_space", false));
            }
            return {};
        }
        case TokenizerClass::bert:
            if (Json* const normaliser = part_of_type(tree, "normalizer", "BertNormalizer")) {
                (*normaliser)["lowercase"] = TANDEM_TRY(settings.truth("do_lower_case", true));
                (*normaliser)["handle_chinese_chars"] = TANDEM_TRY(settings.truth("tokenize_chinese_chars", true));
                const bool lowers = TANDEM_TRY(settings.truth("do_lower_case", true));
                (*normaliser)["strip_accents"] = TANDEM_TRY(settings.truth("strip_accents", lowers));
            }
            return {};
        default:
            return {};
    }
}

}  // namespace tandem
