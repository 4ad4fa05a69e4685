// How byte-level BPE models split texts before they merge: what a value of tokenizer.ggml.pre stands for. The reference
// is the tokenizer.json of the model the name comes from, where its expressions are known; else llama.cpp, which the
// names come from. Thread rule: constants.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace tandem {

extern const char* const llama3_expression;
extern const char* const qwen2_expression;
// Instead of an expression: words are spelled in the byte alphabet, in which six bytes that are no digits become some,
// then runs of digits are words.
extern const char* const spelled_digits;
// Instead of an expression: runs of digits in groups of three, counted from their end.
extern const char* const digit_groups;

struct SplitKind {
    std::string_view name;
    std::array<const char*, 6> expressions{};  // one after the other; each match is a word of its own
    bool nfc = false;                          // texts are normalised to NFC first
    bool ignore_merges = false;                // a word that is a token is that token
    bool adds_bos = false;                     // where the file does not say
    bool adds_eos = false;
    bool raw = false;  // pieces are plain text with U+2581 for spaces, unknown characters fall back to bytes
};

const SplitKind* find_split_kind(std::string_view name);
std::string split_kind_names();  // for messages

}  // namespace tandem
