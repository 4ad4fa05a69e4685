#include "engine/tokenizer/open_classes.h"

#include <array>

#include "engine/api/utf8.h"
#include "engine/tensor/mapped_file.h"
#include "engine/tokenizer/byte_tokenizer.h"
#include "engine/tokenizer/piece_tokenizer.h"
#include "engine/tokenizer/rank_file.h"
#include "engine/tokenizer/sentencepiece_classes.h"
#include "engine/tokenizer/small_json.h"
#include "engine/tokenizer/table_classes.h"
#include "engine/tokenizer/tokenizer_error.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

constexpr std::array<const char*, 9> vocabulary_files{"tokenizer.model", "spiece.model", "sentencepiece.bpe.model",
                                                      "vocab.json",      "merges.txt",   "vocab.txt",
                                                      "source.spm",      "target.spm",   "qwen.tiktoken"};

std::string found_files(const fs::path& folder) {
    std::string found;
    for (const char* name : vocabulary_files) {
        if (is_there(folder / name)) {
            found += (found.empty() ? "" : ", ") + std::string(name);
        }
    }
    return found;
}

Error no_tokenizer(const fs::path& folder) {
    return {.code = "TOK_NONE",
            .message =
                "the folder has no tokenizer; accepted are tokenizer.json; vocab.json with merges.txt; vocab.txt; "
                "tokenizer.model, spiece.model or sentencepiece.bpe.model; sentencepiece.bpe.model with vocab.json "
                "(M2M-100); source.spm, target.spm and vocab.json (Marian); qwen.tiktoken; and for ByT5 its "
                "tokenizer_config.json alone",
            .where = folder.string(),
            .kind = ErrorKind::bad_input};
}

bool is_marian(const fs::path& folder) {
    return is_there(folder / "source.spm") && is_there(folder / "target.spm") && is_there(folder / "vocab.json");
}

// What the settings name, else what the files alone leave no doubt about.
Result<TokenizerClass> class_of(const fs::path& folder, const FolderSettings& settings) {
    const std::string& name = settings.class_name();
    const std::string found = found_files(folder);
    if (name.empty()) {
        if (is_marian(folder)) {
            return TokenizerClass::marian;
        }
        if (is_there(folder / "qwen.tiktoken")) {
            return TokenizerClass::qwen;
        }
        if (found.empty()) {
            return no_tokenizer(folder);
        }
        return config_error("the folder has no tokenizer.json; found " + found +
                                ", but nothing says which class of tokenizer reads it: tokenizer_config.json must name "
                                "a tokenizer_class, one of " +
                                known_tokenizer_classes(),
                            folder.string());
    }
    const auto which = tokenizer_class(name);
    if (found.empty() && which != TokenizerClass::byt5) {
        return no_tokenizer(folder);
    }
    if (!which) {
        return config_error("the folder has no tokenizer.json" + (found.empty() ? "" : "; found " + found) +
                                ", which the class '" + printable(name) + "' reads; classes that are read here are " +
                                known_tokenizer_classes() +
                                "; transformers can write tokenizer.json "
                                "(AutoTokenizer.from_pretrained(...).save_pretrained(...))",
                            folder.string());
    }
    return *which;
}

// The model file of a class; the generic name counts for all of them.
Result<fs::path> sentencepiece_path(const fs::path& folder, TokenizerClass which) {
    if (is_there(folder / "tokenizer.model")) {
        return folder / "tokenizer.model";
    }
    const bool spiece = which == TokenizerClass::t5 || which == TokenizerClass::pegasus;
    const bool fairseq = which == TokenizerClass::mbart || which == TokenizerClass::mbart50 ||
                         which == TokenizerClass::nllb || which == TokenizerClass::xlm_roberta;
    const char* own = spiece ? "spiece.model" : fairseq ? "sentencepiece.bpe.model" : "tokenizer.model";
    if (!is_there(folder / own)) {
        const std::string found = found_files(folder);
        return config_error(
            "the folder has neither tokenizer.json nor " + std::string(own) + (found.empty() ? "" : "; found " + found),
            folder.string());
    }
    return folder / own;
}

Result<Json> class_tree(const fs::path& folder, TokenizerClass which, const FolderSettings& settings,
                        FolderHints& hints) {
    switch (which) {
        case TokenizerClass::bert:
            return wordpiece_tree(folder, settings, hints);
        case TokenizerClass::gpt2:
        case TokenizerClass::gpt_neox:
        case TokenizerClass::codegen:
        case TokenizerClass::qwen2:
        case TokenizerClass::roberta:
            return merges_tree(which, folder, settings, hints);
        default:
            break;
    }
    const fs::path path = TANDEM_TRY(sentencepiece_path(folder, which));
    const auto bytes = TANDEM_TRY(MappedFile::open(path));
    const SentencePieceFile file = TANDEM_TRY(SentencePieceFile::read(bytes->bytes(), path.string()));
    return sentencepiece_tree(which, file, settings, hints);
}

}  // namespace

Result<bool> needs_own_files(const fs::path& folder) {
    if (!is_there(folder / "tokenizer.json")) {
        return true;
    }
    const FolderSettings settings = TANDEM_TRY(FolderSettings::read(folder, true));
    const auto which = tokenizer_class(settings.class_name());
    if (!which || !ignores_tokenizer_json(*which)) {
        return false;
    }
    return *which == TokenizerClass::byt5 || (*which == TokenizerClass::marian && is_marian(folder)) ||
           (*which == TokenizerClass::m2m100 && is_there(folder / "sentencepiece.bpe.model"));
}

Result<std::string> tokenizer_files(const fs::path& folder) {
    if (!TANDEM_TRY(needs_own_files(folder))) {
        return std::string("tokenizer.json");
    }
    const FolderSettings settings = TANDEM_TRY(FolderSettings::read(folder, is_there(folder / "tokenizer.json")));
    const TokenizerClass which = TANDEM_TRY(class_of(folder, settings));
    switch (which) {
        case TokenizerClass::byt5:
            return std::string("needs no file");
        case TokenizerClass::m2m100:
            return std::string("sentencepiece.bpe.model + vocab.json");
        case TokenizerClass::marian:
            return std::string("source.spm + target.spm + vocab.json");
        case TokenizerClass::qwen:
            return std::string("qwen.tiktoken");
        case TokenizerClass::bert:
            return std::string("vocab.txt");
        case TokenizerClass::gpt2:
        case TokenizerClass::gpt_neox:
        case TokenizerClass::codegen:
        case TokenizerClass::qwen2:
        case TokenizerClass::roberta:
            return std::string("vocab.json + merges.txt");
        default:
            return TANDEM_TRY(sentencepiece_path(folder, which)).filename().string();
    }
}

Result<std::shared_ptr<const Tokenizer>> open_own_files(const fs::path& folder, FolderHints hints) {
    const FolderSettings settings = TANDEM_TRY(FolderSettings::read(folder, is_there(folder / "tokenizer.json")));
    const TokenizerClass which = TANDEM_TRY(class_of(folder, settings));
    switch (which) {
        case TokenizerClass::byt5:
            return byte_tokenizer(settings, hints);
        case TokenizerClass::m2m100:
            return m2m100_tokenizer(folder, settings, hints);
        case TokenizerClass::marian:
            return marian_tokenizer(folder, settings, hints);
        case TokenizerClass::qwen:
            return rank_file_tokenizer(folder, hints);
        default:
            break;
    }
    const Json tree = TANDEM_TRY(class_tree(folder, which, settings, hints));
    hints.tokens = {};  // the class has them already
    hints.cleans_up = TANDEM_TRY(settings.truth("clean_up_tokenization_spaces", false));
    return tokenizer_from_tree(tree, folder.string(), hints);
}

}  // namespace tandem
