#include "engine/tokenizer/tokenizer_class.h"

#include <algorithm>
#include <array>
#include <utility>

namespace tandem {
namespace {

constexpr std::string_view generic = "TokenizersBackend";

constexpr std::array<std::pair<std::string_view, TokenizerClass>, 29> classes{{
    {"BartTokenizer", TokenizerClass::roberta},
    {"BertTokenizer", TokenizerClass::bert},
    {"ByT5Tokenizer", TokenizerClass::byt5},
    {"CodeGenTokenizer", TokenizerClass::codegen},
    {"DistilBertTokenizer", TokenizerClass::bert},
    {"ElectraTokenizer", TokenizerClass::bert},
    {"GPT2Tokenizer", TokenizerClass::gpt2},
    {"GPTNeoXTokenizer", TokenizerClass::gpt_neox},
    {"GemmaTokenizer", TokenizerClass::gemma},
    {"LEDTokenizer", TokenizerClass::roberta},
    {"LlamaTokenizer", TokenizerClass::llama},
    {"LongformerTokenizer", TokenizerClass::roberta},
    {"M2M100Tokenizer", TokenizerClass::m2m100},
    {"MBart50Tokenizer", TokenizerClass::mbart50},
    {"MBartTokenizer", TokenizerClass::mbart},
    {"MT5Tokenizer", TokenizerClass::t5},
    {"MarianTokenizer", TokenizerClass::marian},
    {"MobileBertTokenizer", TokenizerClass::bert},
    {"NllbTokenizer", TokenizerClass::nllb},
    {"PegasusTokenizer", TokenizerClass::pegasus},
    {"PreTrainedTokenizer", TokenizerClass::backend},
    {"PythonBackend", TokenizerClass::backend},
    {"QWenTokenizer", TokenizerClass::qwen},
    {"Qwen2Tokenizer", TokenizerClass::qwen2},
    {"RobertaTokenizer", TokenizerClass::roberta},
    {"SqueezeBertTokenizer", TokenizerClass::bert},
    {"T5Tokenizer", TokenizerClass::t5},
    {"TokenizersBackend", TokenizerClass::backend},
    {"XLMRobertaTokenizer", TokenizerClass::xlm_roberta},
}};

struct Registered {
    std::string_view model_type;
    std::string_view name;
    bool overrules = false;  // what files of this type name is known to be wrong
};

constexpr std::array<Registered, 55> registered_classes{{
    {"bart", "RobertaTokenizer"},
    {"bert", "BertTokenizer"},
    {"bigbird_pegasus", generic},
    {"byt5", "ByT5Tokenizer"},
    {"codegen", "GPT2Tokenizer"},
    {"deepseek_v2", generic, true},
    {"deepseek_v3", generic, true},
    {"distilbert", "BertTokenizer"},
    {"electra", "BertTokenizer"},
    {"gemma", "GemmaTokenizer"},
    {"gemma2", "GemmaTokenizer"},
    {"gemma3", "GemmaTokenizer"},
    {"gemma3_text", "GemmaTokenizer"},
    {"gemma3n", "GemmaTokenizer"},
    {"gemma3n_text", "GemmaTokenizer"},
    {"gpt2", "GPT2Tokenizer"},
    {"gpt_bigcode", generic},
    {"gpt_neo", "GPT2Tokenizer"},
    {"gpt_neox", "GPTNeoXTokenizer"},
    {"gptj", "GPT2Tokenizer"},
    {"granite", generic},
    {"internlm2", generic, true},
    {"longformer", "RobertaTokenizer"},
    {"m2m_100", "M2M100Tokenizer"},
    {"marian", "MarianTokenizer"},
    {"mbart", "MBartTokenizer"},
    {"mbart50", "MBart50Tokenizer"},
    {"minicpm3", generic, true},
    {"ministral", generic},
    {"mistral", generic},
    {"mixtral", generic},
    {"mpt", "GPTNeoXTokenizer"},
    {"mt5", "T5Tokenizer"},
    {"nemotron", generic, true},
    {"nllb", "NllbTokenizer"},
    {"nllb-moe", "NllbTokenizer"},
    {"nomic_bert", "BertTokenizer"},
    {"olmo", "GPTNeoXTokenizer"},
    {"olmo2", generic},
    {"olmo3", generic},
    {"opt", "GPT2Tokenizer"},
    {"pegasus", "PegasusTokenizer"},
    {"pegasus_x", generic},
    {"phi", "GPT2Tokenizer"},
    {"phi3", generic, true},
    {"qwen2", "Qwen2Tokenizer", true},
    {"qwen3", "Qwen2Tokenizer"},
    {"recurrent_gemma", "GemmaTokenizer"},
    {"roberta", "RobertaTokenizer"},
    {"stablelm", generic},
    {"starcoder2", "GPT2Tokenizer"},
    {"t5", "T5Tokenizer"},
    {"t5gemma", "GemmaTokenizer"},
    {"umt5", generic},
    {"xlm-roberta", "XLMRobertaTokenizer"},
}};

std::string_view without_fast(std::string_view name) {
    if (name.ends_with("Fast")) {
        name.remove_suffix(4);
    }
    return name;
}

}  // namespace

std::string tokenizer_class_name(std::string_view config_class, std::string_view model_class,
                                 std::string_view model_type) {
    const std::string_view named = without_fast(config_class.empty() ? model_class : config_class);
    const auto* const registered = std::find_if(registered_classes.begin(), registered_classes.end(),
                                                [&](const Registered& row) { return row.model_type == model_type; });
    const bool is_registered = registered != registered_classes.end();
    if (named.empty()) {
        return std::string(is_registered ? registered->name : model_type.empty() ? std::string_view() : generic);
    }
    if (!is_registered || registered->name == named) {
        return std::string(named);
    }
    return std::string(registered->overrules || registered->name == generic ? registered->name : named);
}

std::optional<TokenizerClass> tokenizer_class(std::string_view name) {
    for (const auto& [known, which] : classes) {
        if (known == name) {
            return which;
        }
    }
    return std::nullopt;
}

std::string known_tokenizer_classes() {
    std::string names;
    for (const auto& [name, which] : classes) {
        names += (names.empty() ? "" : ", ") + std::string(name);
    }
    return names;
}

bool ignores_tokenizer_json(TokenizerClass which) {
    return which == TokenizerClass::byt5 || which == TokenizerClass::m2m100 || which == TokenizerClass::marian ||
           which == TokenizerClass::qwen;
}

}  // namespace tandem
