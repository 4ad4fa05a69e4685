// Added tokens as transformers' tokenizers in Python find them: its own search (which is not the leftmost longest match
// in every case), white space beside a token taken away as the token says.
// Thread rule: const after create, shared freely. Texts are well-formed UTF-8.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/tokenizer/added_tokens.h"

namespace tandem {

class AddedSplitter {
public:
    // Tokens by id; of equal contents the last counts.
    explicit AddedSplitter(const std::map<TokenId, AddedToken>& tokens);

    struct Part {
        std::string text;
        TokenId id = -1;  // -1: text
    };
    // `special`: whether special tokens are looked for as well.
    std::vector<Part> split(std::string_view text, bool special) const;

private:
    struct Node {
        std::unordered_map<char32_t, std::int32_t> next;
        bool ends = false;
    };
    using Trie = std::vector<Node>;
    static void add(Trie& trie, std::u32string_view word);
    // Where to cut, from 0 to the text's length.
    static std::vector<std::size_t> cuts(const Trie& trie, std::u32string_view text);
    static std::int32_t step(const Trie& trie, std::int32_t node, std::u32string_view text, std::size_t at);

    std::unordered_map<std::string, AddedToken> tokens_;
    Trie all_;
    Trie without_special_;
};

// The white space that Python's str.strip takes away.
bool is_python_space(char32_t code);
std::string_view python_stripped(std::string_view text, bool left, bool right);

}  // namespace tandem
