// Turns one word into token ids. Thread rule: const, shared freely.
#pragma once

#include <string_view>
#include <vector>

#include "engine/tokenizer/tokenizer.h"

namespace tandem {

class WordModel {
public:
    virtual ~WordModel() = default;
    // Appends the ids of `word`, which is not empty and well-formed UTF-8.
    virtual void encode(std::string_view word, std::vector<TokenId>& ids) const = 0;
};

}  // namespace tandem
