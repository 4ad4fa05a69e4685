#include "engine/tokenizer/added_tokens.h"

#include <algorithm>

#include "engine/tokenizer/char_classes.h"
#include "engine/tokenizer/unicode.h"

namespace tandem {
namespace {

// Where the last character of `text` begins; `text` is not empty.
std::size_t last_char(std::string_view text) {
    std::size_t at = text.size() - 1;
    while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) {
        --at;
    }
    return at;
}

bool ends_in_word(std::string_view text) {
    return !text.empty() &&
           CharClasses::get().is(unicode::first_char(text.substr(last_char(text))).code, CharClasses::word);
}

bool starts_with_word(std::string_view text) {
    return !text.empty() && CharClasses::get().is(unicode::first_char(text).code, CharClasses::word);
}

std::size_t without_spaces_behind(std::string_view text) {
    while (!text.empty()) {
        const std::size_t last = last_char(text);
        if (!unicode::is_whitespace(unicode::first_char(text.substr(last)).code)) {
            break;
        }
        text = text.substr(0, last);
    }
    return text.size();
}

std::size_t spaces_before(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size()) {
        const unicode::Char c = unicode::first_char(text.substr(at));
        if (!unicode::is_whitespace(c.code)) {
            break;
        }
        at += c.size;
    }
    return at;
}

}  // namespace

void AddedTokens::Trie::add(std::string_view content, std::int32_t token) {
    if (content.empty()) {
        return;
    }
    if (nodes.empty()) {
        nodes.emplace_back();
        roots.assign(256, -1);
    }
    std::int32_t node = 0;
    for (std::size_t i = 0; i < content.size(); ++i) {
        std::int32_t next = i == 0 ? roots[static_cast<unsigned char>(content[0])] : child(node, content[i]);
        if (next < 0) {
            next = static_cast<std::int32_t>(nodes.size());
            Node made;
            made.byte = content[i];
            if (i == 0) {
                roots[static_cast<unsigned char>(content[0])] = next;
            } else {
                made.sibling = nodes[static_cast<std::size_t>(node)].first_child;
                nodes[static_cast<std::size_t>(node)].first_child = next;
            }
            nodes.push_back(made);
        }
        node = next;
    }
    Node& last = nodes[static_cast<std::size_t>(node)];
    if (last.token < 0) {
        last.token = token;
    }
}

std::int32_t AddedTokens::Trie::child(std::int32_t node, char byte) const {
    std::int32_t at = nodes[static_cast<std::size_t>(node)].first_child;
    while (at >= 0 && nodes[static_cast<std::size_t>(at)].byte != byte) {
        at = nodes[static_cast<std::size_t>(at)].sibling;
    }
    return at;
}

AddedTokens::AddedTokens(std::vector<AddedToken> tokens, const Normaliser& normaliser) : tokens_(std::move(tokens)) {
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
        const AddedToken& token = tokens_[i];
        const auto index = static_cast<std::int32_t>(i);
        if (token.special) {
            special_.push_back(token.content);
        }
        if (token.normalized) {
            normalised_.add(normalise(normaliser, token.content), index);
        } else {
            raw_.add(token.content, index);
        }
    }
    std::sort(special_.begin(), special_.end());
}

bool AddedTokens::is_special(std::string_view content) const {
    return std::binary_search(special_.begin(), special_.end(), content);
}

AddedTokens::Found AddedTokens::longest_at(const Trie& trie, std::string_view text, std::size_t at) const {
    Found found;
    std::int32_t node = trie.roots[static_cast<unsigned char>(text[at])];
    for (std::size_t next = at + 1; node >= 0; ++next) {
        const std::int32_t token = trie.nodes[static_cast<std::size_t>(node)].token;
        if (token >= 0) {
            found = {.token = token, .size = next - at};
        }
        node = next < text.size() ? trie.child(node, text[next]) : -1;
    }
    return found;
}

std::vector<TextPart> AddedTokens::find(std::string_view text, In where, bool parse_special) const {
    std::vector<TextPart> parts;
    std::size_t done = 0;
    const Trie& tokens = trie(where);
    std::size_t at = 0;
    while (!tokens.nodes.empty() && at < text.size()) {
        const Found found = longest_at(tokens, text, at);
        if (found.token < 0) {
            ++at;
            continue;
        }
        std::size_t begin = at;
        std::size_t end = at + found.size;
        at = end;  // a token that does not count here still uses its text up, as in the reference
        const AddedToken& token = tokens_[static_cast<std::size_t>(found.token)];
        if (!parse_special && is_special(token.content)) {
            continue;
        }
        if (token.single_word && (ends_in_word(text.substr(0, begin)) || starts_with_word(text.substr(end)))) {
            continue;
        }
        if (token.lstrip) {
            begin = std::max(without_spaces_behind(text.substr(0, begin)), done);
        }
        if (token.rstrip) {
            end += spaces_before(text.substr(end));
        }
        if (done < begin) {
            parts.push_back({.begin = done, .end = begin});
        }
        parts.push_back({.begin = begin, .end = end, .id = token.id});
        done = end;
    }
    if (done < text.size()) {
        parts.push_back({.begin = done, .end = text.size()});
    }
    return parts;
}

}  // namespace tandem
