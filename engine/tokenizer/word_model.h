// Turns one word into token ids. Thread rule: const, shared freely.
#pragma once

#include <string_view>
#include <vector>

#include "engine/tokenizer/tokenizer.h"

namespace tandem {

// How tokens are spelled beside the word they stand for, for finding them in it again.
struct WordSpelling {
    bool byte_level = false;  // words are bytes, tokens are spelled in the byte alphabet
    std::string_view continuing_prefix;
    std::string_view word_suffix;
    TokenId unknown = -1;
};

class WordModel {
public:
    virtual ~WordModel() = default;
    // Appends the ids of `word`, which is not empty and well-formed UTF-8.
    virtual void encode(std::string_view word, std::vector<TokenId>& ids) const = 0;
    // Its texts live as long as the model.
    virtual WordSpelling spelling() const = 0;
};

}  // namespace tandem
