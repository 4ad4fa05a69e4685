#include "engine/tokenizer/split_kinds.h"

#include "engine/tokenizer/json_components.h"

namespace tandem {

const char* const llama3_expression =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
const char* const qwen2_expression =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
const char* const spelled_digits = "spelled digits";
const char* const digit_groups = "digit groups";

namespace {

constexpr const char* each_digit = R"(\p{N})";
constexpr const char* up_to_three_digits = R"(\p{N}{1,3})";
constexpr const char* line_ends = R"([\r\n])";
constexpr const char* lines = R"([^\n]+|[\n]+)";

constexpr const char* qwen35_expression =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|)"
    R"(\s+(?!\S)|\s+)";
constexpr const char* jais2_expression =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|)"
    R"(\s{512}(?!\S)|\s{256}(?!\S)|\s{128}(?!\S)|\s{64}(?!\S)|\s{32}(?!\S)|\s{16}(?!\S)|\s{8}(?!\S)|)"
    R"(\s{4}(?!\S)|\s{1,2}(?!\S)|\s)";
constexpr const char* tekken_expression =
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|)"
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|)"
    R"(\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr const char* gpt4o_expression =
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|)"
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|)"
    R"(\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr const char* bailing_expression =
    R"('(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+)";
constexpr const char* seed_expression =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}\r\n]+|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr const char* ufakzeka_expression =
    R"([^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr const char* minicpm5_expression =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}+| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr const char* falcon_marks = R"([\p{P}$+<=>^~|`]+)";

constexpr const char* deepseek_letters =
    R"~(\s?[A-Za-z\x{00B5}\x{00C0}-\x{00D6}\x{00D8}-\x{00F6}\x{00F8}-\x{01BA}\x{01BC}-\x{01BF}\x{01C4}-)~"
    R"~(\x{0293}\x{0295}-\x{02AF}\x{0370}-\x{0373}\x{0376}\x{0377}\x{037B}-\x{037D}\x{037F}\x{0386})~"
    R"~(\x{0388}-\x{038A}\x{038C}\x{038E}-\x{03A1}\x{03A3}-\x{03F5}\x{03F7}-\x{0481}\x{048A}-\x{052F})~"
    R"~(\x{0531}-\x{0556}\x{10A0}-\x{10C5}\x{13A0}-\x{13F5}\x{13F8}-\x{13FD}\x{1C90}-\x{1CBA}\x{1CBD}-)~"
    R"~(\x{1CBF}\x{1D00}-\x{1D2B}\x{1D6B}-\x{1D77}\x{1D79}-\x{1D9A}\x{1E00}-\x{1F15}\x{1F18}-\x{1F1D})~"
    R"~(\x{1F20}-\x{1F45}\x{1F48}-\x{1F4D}\x{1F50}-\x{1F57}\x{1F59}\x{1F5B}\x{1F5D}\x{1F5F}-\x{1F7D})~"
    R"~(\x{1F80}-\x{1FB4}\x{1FB6}-\x{1FBC}\x{1FBE}\x{1FC2}-\x{1FC4}\x{1FC6}-\x{1FCC}\x{1FD0}-\x{1FD3})~"
    R"~(\x{1FD6}-\x{1FDB}\x{1FE0}-\x{1FEC}\x{1FF2}-\x{1FF4}\x{1FF6}-\x{1FFC}\x{2102}\x{2107}\x{210A}-)~"
    R"~(\x{2113}\x{2115}\x{2119}-\x{211D}\x{2124}\x{2126}\x{2128}\x{212A}-\x{212D}\x{212F}-\x{2134})~"
    R"~(\x{2139}\x{213C}-\x{213F}\x{2145}-\x{2149}\x{214E}\x{2183}\x{2184}\x{2C00}-\x{2C7B}\x{2C7E}-)~"
    R"~(\x{2CE4}\x{2CEB}-\x{2CEE}\x{2CF2}\x{2CF3}\x{A640}-\x{A66D}\x{A680}-\x{A69B}\x{A722}-\x{A76F})~"
    R"~(\x{A771}-\x{A787}\x{A78B}-\x{A78E}\x{AB70}-\x{ABBF}\x{FB00}-\x{FB06}\x{FB13}-\x{FB17}\x{FF21}-)~"
    R"~(\x{FF3A}\x{FF41}-\x{FF5A}\x{10400}-\x{1044F}\x{104B0}-\x{104D3}\x{104D8}-\x{104FB}\x{10C80}-)~"
    R"~(\x{10CB2}\x{10CC0}-\x{10CF2}\x{118A0}-\x{118DF}\x{1E900}-\x{1E943}]+)~";

constexpr const char* deepseek_marks =
    R"~(\s?[!-/:-~\x{FF01}-\x{FF0F}\x{FF1A}-\x{FF5E}\x{2018}-\x{201F}\x{3000}-\x{3002}]+)~";

constexpr const char* deepseek_cjk = R"~([\x{4E00}-\x{9FA5}\x{0800}-\x{4E00}\x{AC00}-\x{D7FF}]+)~";

constexpr const char* deepseek3_cjk = R"~([\x{4E00}-\x{9FA5}\x{3040}-\x{309F}\x{30A0}-\x{30FF}]+)~";

constexpr const char* deepseek3_words =
    R"~([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P})~"
    R"~(\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)~";

constexpr const char* spark_words =
    R"~([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P})~"
    R"~(\p{S}]+|[\r\n]|\s+(?!\S)|\s+)~";

constexpr const char* afmoe_asian =
    R"~([\x{4E00}-\x{9FFF}\x{3400}-\x{4DBF}\x{8C48}-\x{FAFF}\x{3040}-\x{309F}\x{30A0}-\x{30FF}\x{FF65}-)~"
    R"~(\x{FF9F}\x{2F00}-\x{2FDF}\x{0E40}-\x{0E7F}\x{0E80}-\x{0EFF}\x{1780}-\x{17FF}\x{1000}-\x{109F})~"
    R"~(\x{AA60}-\x{AA7F}\x{A9E0}-\x{A9FF}\x{AC00}-\x{D7AF}\x{1100}-\x{11FF}]+)~";

constexpr const char* afmoe_words =
    R"~([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P})~"
    R"~(\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)~";

constexpr const char* youtu_asian =
    R"~([\x{AC00}-\x{D7A3}\x{3131}-\x{318E}]+|[\x{FF01}\x{2026}\x{201C}\x{201D}\x{2018}\x{2019}\x{2014})~"
    R"~(\x{FF1A}\x{FF1B}\x{FF0C}\x{3001}-\x{303F}\x{FE30}-\x{FE4F}]+|[\x{3105}-\x{312F}]+|[\x{4E00}-)~"
    R"~(\x{9FA5}\x{3040}-\x{309F}\x{30A0}-\x{30FF}]+)~";

constexpr const char* youtu_words =
    R"~([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?:'[sS]|'[tT]|'[rR])~"
    R"~([eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[)~"
    R"~(\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])?|\p{N}| ?[^)~"
    R"~(\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)~";

constexpr const char* bloom_words = R"~( ?[^(\s|.,!?\x{2026}\x{3002}\x{FF0C}\x{3001}\x{0964}\x{06D4}\x{060C})]+)~";

// In the order of their names.
const std::array<SplitKind, 88> split_kinds{{
    {.name = "a.x-4.0", .expressions = {gpt2_expression}},
    {.name = "afmoe", .expressions = {digit_groups, afmoe_asian, afmoe_words}},
    {.name = "bailingmoe", .expressions = {bailing_expression}},
    {.name = "bailingmoe2", .expressions = {bailing_expression}},
    {.name = "bloom", .expressions = {bloom_words}},
    {.name = "chameleon",
     .expressions = {R"(<sentinel:[0-9]+>)", R"(IMGIMG[A-I]{1,4}Z)", R"([\t\n]|    |  )", each_digit,
                     R"([\p{P}!-/:-@\[-`{-~])", gpt2_expression},
     .adds_bos = true},
    {.name = "chatglm-bpe", .expressions = {llama3_expression}},
    {.name = "codeshell", .expressions = {each_digit, gpt2_expression}},
    {.name = "cohere2moe", .expressions = {digit_groups, gpt4o_expression}},
    {.name = "command-r", .expressions = {each_digit, gpt2_expression}, .nfc = true},
    {.name = "dbrx", .expressions = {llama3_expression}},
    {.name = "deepseek-coder", .expressions = {line_ends, R"(\s?\p{L}+)", R"(\s?\p{P}+)", deepseek_cjk, each_digit}},
    {.name = "deepseek-llm",
     .expressions = {line_ends, deepseek_letters, deepseek_marks, R"(\s+\z)", deepseek_cjk, R"(\p{N}+)"}},
    {.name = "deepseek-r1-qwen", .expressions = {qwen2_expression}},
    {.name = "deepseek-v3", .expressions = {up_to_three_digits, deepseek3_cjk, deepseek3_words}},
    {.name = "default", .expressions = {gpt2_expression}},
    {.name = "exaone", .expressions = {each_digit, gpt2_expression}},
    {.name = "exaone4", .expressions = {gpt2_expression}},
    {.name = "f2llmv2", .expressions = {qwen2_expression}},
    {.name = "falcon", .expressions = {falcon_marks, gpt2_expression, spelled_digits, R"([0-9][0-9][0-9])"}},
    {.name = "falcon-h1", .expressions = {llama3_expression}, .ignore_merges = true, .adds_bos = true},
    {.name = "falcon3", .expressions = {llama3_expression}, .ignore_merges = true, .adds_bos = true},
    {.name = "gemma4", .expressions = {lines}, .raw = true},
    {.name = "gigachat", .expressions = {gpt2_expression}},
    {.name = "glm4", .expressions = {llama3_expression}, .ignore_merges = true},
    {.name = "glm5", .expressions = {llama3_expression}, .ignore_merges = true},
    {.name = "gpt-2", .expressions = {gpt2_expression}},
    {.name = "gpt-4o", .expressions = {gpt4o_expression}},
    {.name = "gpt3-finnish", .expressions = {bloom_words}},
    {.name = "granite-docling", .expressions = {gpt2_expression}},
    {.name = "granite-embed-multi-311m", .expressions = {lines}, .raw = true},
    {.name = "granite-embed-multi-97m", .expressions = {gpt4o_expression}, .ignore_merges = true},
    {.name = "grok-2", .expressions = {qwen2_expression}},
    {.name = "hunyuan", .expressions = {qwen2_expression}},
    {.name = "hunyuan-dense", .expressions = {up_to_three_digits, deepseek3_cjk, deepseek3_words}},
    {.name = "hy_v4", .expressions = {up_to_three_digits, deepseek3_cjk, deepseek3_words}},
    {.name = "jais", .expressions = {gpt2_expression}},
    {.name = "jais-2", .expressions = {jais2_expression}},
    {.name = "jina-de", .expressions = {gpt2_expression}},
    {.name = "jina-es", .expressions = {gpt2_expression}},
    {.name = "jina-v1-en", .expressions = {gpt2_expression}, .adds_bos = true, .adds_eos = true},
    {.name = "jina-v2-code", .expressions = {gpt2_expression}, .adds_bos = true, .adds_eos = true},
    {.name = "jina-v2-de", .expressions = {gpt2_expression}},
    {.name = "jina-v2-es", .expressions = {gpt2_expression}},
    {.name = "jina-v5-nano", .expressions = {llama3_expression}, .ignore_merges = true, .adds_bos = true},
    {.name = "joyai-llm", .expressions = {up_to_three_digits, deepseek3_cjk, deepseek3_words}},
    {.name = "kanana2", .expressions = {gpt4o_expression}},
    {.name = "kormo", .expressions = {qwen2_expression}},
    {.name = "laguna", .expressions = {lines, qwen2_expression}},
    {.name = "lfm2", .expressions = {llama3_expression}, .ignore_merges = true, .adds_bos = true},
    {.name = "llada-moe", .expressions = {bailing_expression}},
    {.name = "llama-bpe", .expressions = {llama3_expression}, .ignore_merges = true, .adds_bos = true},
    {.name = "llama-v3", .expressions = {llama3_expression}, .ignore_merges = true, .adds_bos = true},
    {.name = "llama3", .expressions = {llama3_expression}, .ignore_merges = true, .adds_bos = true},
    {.name = "llama4", .expressions = {gpt4o_expression}},
    {.name = "megrez", .expressions = {qwen2_expression}},
    {.name = "mellum", .expressions = {gpt2_expression}},
    {.name = "mellum2", .expressions = {each_digit, gpt2_expression}},
    {.name = "midm-2.0", .expressions = {llama3_expression}, .ignore_merges = true, .adds_bos = true},
    {.name = "minerva-7b", .expressions = {each_digit, gpt2_expression}},
    {.name = "minicpm5", .expressions = {up_to_three_digits, minicpm5_expression}, .ignore_merges = true},
    {.name = "minimax-m2", .expressions = {gpt4o_expression}},
    {.name = "modern-bert", .expressions = {gpt2_expression}},
    {.name = "mpt", .expressions = {gpt2_expression}, .nfc = true},
    {.name = "olmo", .expressions = {gpt2_expression}, .nfc = true},
    {.name = "phi-2", .expressions = {gpt2_expression}},
    {.name = "pixtral", .expressions = {llama3_expression}, .ignore_merges = true, .adds_bos = true},
    {.name = "poro-chat", .expressions = {bloom_words}},
    {.name = "qwen2", .expressions = {qwen2_expression}, .nfc = true},
    {.name = "qwen35", .expressions = {qwen35_expression}},
    {.name = "refact", .expressions = {each_digit, gpt2_expression}},
    {.name = "roberta-bpe", .expressions = {gpt2_expression}, .adds_bos = true, .adds_eos = true},
    {.name = "sarvam-moe", .expressions = {lines}, .raw = true},
    {.name = "seed-coder", .expressions = {seed_expression}},
    {.name = "smaug-bpe", .expressions = {llama3_expression}},
    {.name = "smollm", .expressions = {each_digit, gpt2_expression}},
    {.name = "solar-open", .expressions = {qwen2_expression}},
    {.name = "spark2_5", .expressions = {up_to_three_digits, deepseek3_cjk, spark_words, each_digit}},
    {.name = "stablelm2", .expressions = {qwen2_expression}},
    {.name = "starcoder", .expressions = {each_digit, gpt2_expression}},
    {.name = "superbpe", .expressions = {R"(\p{N}+)", R"((?=(\d{3})+(?!\d)))"}},
    {.name = "talkie", .expressions = {gpt4o_expression}},
    {.name = "tekken", .expressions = {tekken_expression}, .ignore_merges = true, .adds_bos = true},
    {.name = "tiny_aya", .expressions = {digit_groups, gpt4o_expression}},
    {.name = "trillion", .expressions = {gpt2_expression}},
    {.name = "ufakzeka", .expressions = {ufakzeka_expression}},
    {.name = "viking", .expressions = {bloom_words, each_digit}},
    {.name = "youtu", .expressions = {youtu_asian, youtu_words}, .ignore_merges = true},
}};

}  // namespace

const SplitKind* find_split_kind(std::string_view name) {
    for (const SplitKind& kind : split_kinds) {
        if (kind.name == name) {
            return &kind;
        }
    }
    return nullptr;
}

std::string split_kind_names() {
    std::string names;
    for (const SplitKind& kind : split_kinds) {
        names += (names.empty() ? "" : ", ") + std::string(kind.name);
    }
    return names;
}

}  // namespace tandem
