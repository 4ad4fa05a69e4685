#include "engine/models/unknown_family.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "engine/api/utf8.h"
#include "engine/models/inspect_check.h"

namespace tandem {
namespace {

struct NotComputed {
    std::string_view name;  // its beginning, where a family has versions
    std::string_view reason;
    std::string_view nearest;
};

constexpr std::string_view experts = "mixtures of experts are not computed";
constexpr std::string_view states = "state space layers are not computed";
constexpr std::string_view encoder = "models that only encode text are not computed";
constexpr std::string_view later = "this version does not have it";
constexpr std::string_view speech = "speech is not computed";
constexpr std::string_view pictures = "language models that read pictures are not computed";

// Longer names before the shorter ones that they begin with.
constexpr std::array<NotComputed, 50> not_computed{{
    {"mixtral", experts, "mistral"},
    {"qwen2_moe", experts, "qwen2"},
    {"qwen2moe", experts, "qwen2"},
    {"qwen3_moe", experts, "qwen3"},
    {"qwen3moe", experts, "qwen3"},
    {"gpt_oss", experts, "llama"},
    {"gpt-oss", experts, "llama"},
    {"deepseek", experts, "llama, minicpm3"},
    {"phimoe", experts, "phi3"},
    {"olmoe", experts, "olmo2"},
    {"granitemoe", experts, "llama"},
    {"jamba", "state space layers and mixtures of experts are not computed", "recurrent_gemma"},
    {"falcon_mamba", states, "recurrent_gemma"},
    {"falcon_h1", states, "recurrent_gemma"},
    {"mamba", states, "recurrent_gemma"},
    {"rwkv", states, "recurrent_gemma"},
    {"roberta", encoder, "bart, t5"},
    {"xlm-roberta", encoder, "bart, t5"},
    {"deberta", encoder, "bart, t5"},
    {"distilbert", encoder, "bart, t5"},
    {"modernbert", encoder, "bart, t5"},
    {"nomic-bert", encoder, "bart, t5"},
    {"albert", encoder, "bart, t5"},
    {"electra", encoder, "bart, t5"},
    {"bert", encoder, "bart, t5"},
    {"falcon", later, "gpt_neox, llama"},
    {"mpt", later, "bloom, gpt_neox"},
    {"cohere", later, "llama"},
    {"command-r", later, "llama"},
    {"granite", later, "llama"},
    {"starcoder2", later, "llama, gpt2"},
    {"starcoder", later, "gpt2"},
    {"gpt_bigcode", later, "gpt2"},
    {"gptj", later, "gpt_neox"},
    {"gpt_neo", later, "gpt2, gpt_neox"},
    {"codegen", later, "gpt_neox, phi"},
    {"gemma4", later, "gemma3_text"},
    {"gemma3n", later, "gemma3_text"},
    {"whisper", speech, "bart, t5"},
    {"wav2vec2", speech, "bart, t5"},
    {"llava", pictures, "llama for texts, clip or siglip for pictures"},
    {"qwen2_vl", pictures, "qwen2 for texts, vit or siglip for pictures"},
    {"qwen2vl", pictures, "qwen2 for texts, vit or siglip for pictures"},
    {"qwen2_5_vl", pictures, "qwen2 for texts, vit or siglip for pictures"},
    {"qwen3_vl", pictures, "qwen3 for texts, vit or siglip for pictures"},
    {"paligemma", pictures, "gemma for texts, siglip for pictures"},
    {"idefics", pictures, "llama for texts, siglip for pictures"},
    {"smolvlm", pictures, "llama for texts, siglip for pictures"},
    {"mllama", pictures, "llama for texts, clip for pictures"},
    {"llama4", experts, "llama"},
}};

// The row of this family or, behind it in rank, of one whose later version or variant this is.
const NotComputed* row_of(std::string_view found) {
    const NotComputed* best = nullptr;
    for (const NotComputed& row : not_computed) {
        if (found.starts_with(row.name) && (best == nullptr || row.name.size() > best->name.size())) {
            best = &row;
        }
    }
    return best;
}

}  // namespace

Error unknown_family(std::string_view found, std::span<const std::string> families, const std::string& origin) {
    std::string message = "the model is of family '" + printable(found) + "'";
    if (const NotComputed* row = row_of(found)) {
        message += ": " + std::string(row->reason) + "; nearest to it are models of " + std::string(row->nearest);
    } else {
        const std::string near = near_names(found, families, 3);
        message += ", which this version does not know" + (near.empty() ? "" : "; did you mean " + near + "?");
    }
    return {.code = "MODEL_UNKNOWN_FAMILY",
            .message = message + "; docs/formats/models.md lists the families there are; nothing was loaded",
            .where = origin,
            .kind = ErrorKind::unsupported};
}

}  // namespace tandem
