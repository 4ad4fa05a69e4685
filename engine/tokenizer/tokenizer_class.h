// Which class of tokenizer a folder's files are for, where no tokenizer.json says everything: named in
// tokenizer_config.json or config.json, or what transformers 5.17 registers for the model type.
// Thread rule: stateless.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tandem {

enum class TokenizerClass {
    backend,  // any SentencePiece model, as it is
    bert,
    byt5,
    codegen,
    gemma,
    gpt2,
    gpt_neox,
    llama,
    m2m100,
    marian,
    mbart,
    mbart50,
    nllb,
    pegasus,
    qwen,  // the first Qwen: qwen.tiktoken
    qwen2,
    roberta,
    t5,
    xlm_roberta,
};

// Each argument may be empty. The name is without "Fast", empty where nothing is said.
std::string tokenizer_class_name(std::string_view config_class, std::string_view model_class,
                                 std::string_view model_type);

// Absent: none that is read here.
std::optional<TokenizerClass> tokenizer_class(std::string_view name);
std::string known_tokenizer_classes();  // for messages

// Classes that do not go through the `tokenizers` library: a tokenizer.json beside their files does not replace them.
bool ignores_tokenizer_json(TokenizerClass which);

}  // namespace tandem
