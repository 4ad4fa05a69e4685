// Tokens that are found in the text itself, before any model sees it: "<|im_start|>" and their like.
// Thread rule: const after build, shared freely. Texts are well-formed UTF-8.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/tokenizer/normaliser.h"
#include "engine/tokenizer/tokenizer.h"

namespace tandem {

struct AddedToken {
    TokenId id = 0;
    std::string content;
    bool special = false;
    bool normalized = false;   // looked for in the normalised text, itself normalised
    bool single_word = false;  // only where no word character touches it
    bool lstrip = false;       // takes the white space before it along
    bool rstrip = false;       // and behind it
};

// A part of a text: a token that was found, or text between tokens.
struct TextPart {
    std::size_t begin = 0;
    std::size_t end = 0;
    TokenId id = -1;  // -1: text
};

class AddedTokens {
public:
    AddedTokens() = default;
    AddedTokens(std::vector<AddedToken> tokens, const Normaliser& normaliser);

    enum class In { raw_text, normalised_text };
    // The longest token at the leftmost place, again and again. Covers the text; empty parts are left out.
    std::vector<TextPart> find(std::string_view text, In where, bool parse_special) const;
    bool any(In where) const { return !trie(where).nodes.empty(); }
    bool is_special(std::string_view content) const;
    const std::vector<AddedToken>& tokens() const { return tokens_; }

private:
    struct Node {
        std::int32_t first_child = -1;
        std::int32_t sibling = -1;
        std::int32_t token = -1;  // index into tokens_
        char byte = 0;
    };
    struct Trie {
        std::vector<Node> nodes;          // the first is the root; none: no tokens
        std::vector<std::int32_t> roots;  // by first byte
        void add(std::string_view content, std::int32_t token);
        std::int32_t child(std::int32_t node, char byte) const;
    };
    struct Found {
        std::int32_t token = -1;
        std::size_t size = 0;
    };
    const Trie& trie(In where) const { return where == In::raw_text ? raw_ : normalised_; }
    Found longest_at(const Trie& trie, std::string_view text, std::size_t at) const;

    std::vector<AddedToken> tokens_;
    std::vector<std::string> special_;  // sorted
    Trie raw_;
    Trie normalised_;
};

}  // namespace tandem
