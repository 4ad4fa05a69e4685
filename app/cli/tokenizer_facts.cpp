#include "app/cli/tokenizer_facts.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "engine/tokenizer/open_classes.h"
#include "engine/tokenizer/tokenizer.h"

namespace tandem::cli {
namespace {

namespace fs = std::filesystem;

// "byte-level BPE (Split, ByteLevel), tokenizer.json".
std::string kind_of(const Tokenizer& tokenizer, const fs::path& folder) {
    const auto files = tokenizer_files(folder);
    return tokenizer.kind() + (files ? ", " + *files : "");
}

}  // namespace

void describe_tokenizer(ModelFacts& facts) {
    if (facts.format == "random") {
        return;
    }
    const auto weightless = std::ranges::find_if(
        facts.warnings, [](const std::string& warning) { return warning.starts_with("W_NO_WEIGHTS"); });
    const bool is_folder = facts.format == "safetensors";
    const auto tokenizer = Tokenizer::open(facts.location);
    if (tokenizer) {
        if (is_folder) {
            facts.tokenizer = kind_of(**tokenizer, facts.location);
            facts.has_chat_template = !(*tokenizer)->chat_template().empty();
        }
        if (weightless != facts.warnings.end()) {
            *weightless += "; it can tokenize";
        }
        return;
    }
    const Error& error = tokenizer.error();
    if (weightless != facts.warnings.end()) {
        *weightless += ", and nor can it tokenize (" + error.code + ": " + error.message + ")";
    } else if (error.code != "TOK_NONE" && !facts.tokenizer.empty()) {
        facts.warnings.push_back(
            "W_TOKENIZER: the tokenizer cannot be read, so that the model computes with ids only (" + error.code +
            ": " + error.message + ")");
    }
    if (is_folder) {
        facts.tokenizer.clear();
    }
}

std::optional<nlohmann::ordered_json> tokenizer_alone(const std::string& folder) {
    std::error_code ignored;
    if (!fs::is_directory(folder, ignored) || fs::exists(fs::path(folder) / "config.json", ignored)) {
        return std::nullopt;
    }
    const auto tokenizer = Tokenizer::open(folder);
    if (!tokenizer) {
        return std::nullopt;
    }
    return nlohmann::ordered_json{{"location", fs::absolute(folder, ignored).string()},
                                  {"format", "tokenizer"},
                                  {"tokenizer", kind_of(**tokenizer, folder)},
                                  {"vocab", (*tokenizer)->vocab_size()},
                                  {"has_chat_template", !(*tokenizer)->chat_template().empty()}};
}

}  // namespace tandem::cli
