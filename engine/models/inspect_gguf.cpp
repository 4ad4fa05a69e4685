// A GGUF's own description of its model: the keys of its architecture in the GGUF specification.
#include "engine/models/family.h"
#include "engine/models/inspect.h"
#include "engine/models/inspect_check.h"
#include "engine/models/inspect_parts.h"
#include "engine/models/inspect_sources.h"
#include "engine/models/tensor_check.h"
#include "engine/models/unknown_family.h"

namespace tandem {
namespace {

std::string tokenizer_name(const GgufFile& file) {
    if (!file.has("tokenizer.ggml.model")) {
        return "";
    }
    const auto model = file.text("tokenizer.ggml.model");
    if (!model.ok()) {
        return "";
    }
    const auto pre = file.text("tokenizer.ggml.pre");
    const std::string detail = pre.ok() ? " (" + *pre + ")" : "";
    if (*model == "gpt2") {
        return "byte-level BPE" + detail;
    }
    if (*model == "llama") {
        return "SentencePiece BPE" + detail;
    }
    if (*model == "t5") {
        return "SentencePiece unigram" + detail;
    }
    return *model == "bert" ? "WordPiece" + detail : *model + detail;
}

}  // namespace

Result<ModelShape> shape_from_gguf(const GgufFile& file) {
    const std::string architecture = TANDEM_TRY(file.text("general.architecture"));
    std::vector<std::string> names;
    for (const FamilyDescription* family : family_descriptions()) {
        for (const std::string_view name : family->gguf_architectures) {
            if (name == architecture) {
                const GgufConfig config(file, architecture);
                ModelShape shape = TANDEM_TRY(family->from_gguf(config));
                TANDEM_TRY(config.refuse_unread());
                shape.architecture = family->name;
                return checked_shape(std::move(shape), file.origin());
            }
            names.emplace_back(name);
        }
    }
    return unknown_family(architecture, names, file.origin());
}

Result<ModelFacts> inspect_gguf(const std::filesystem::path& path) {
    const auto file = TANDEM_TRY(GgufFile::open(path));
    ModelFacts facts;
    facts.format = "gguf";
    facts.shape = TANDEM_TRY(shape_from_gguf(*file));
    if (file->tensors().empty()) {
        facts.warnings.emplace_back("W_NO_WEIGHTS: the file holds metadata only and cannot compute");
    } else {
        warn_of_tensors(check_tensors(*file, tensors_of(facts.shape), Naming::gguf, path.string()), facts.warnings);
        sum_tensors(*file, Naming::gguf, facts);
    }
    facts.tokenizer = tokenizer_name(*file);
    facts.has_chat_template = file->has("tokenizer.chat_template");
    const auto licence = file->text("general.license");
    facts.licence = licence.ok() ? *licence : "";
    return facts;
}

}  // namespace tandem
