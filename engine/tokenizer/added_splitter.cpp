#include "engine/tokenizer/added_splitter.h"

#include <algorithm>

#include "engine/tokenizer/unicode.h"

namespace tandem {
namespace {

std::u32string characters(std::string_view text) {
    std::u32string codes;
    codes.reserve(text.size());
    while (!text.empty()) {
        const unicode::Char c = unicode::first_char(text);
        codes += c.code;
        text.remove_prefix(c.size);
    }
    return codes;
}

std::string utf8(std::u32string_view codes) {
    std::string text;
    for (const char32_t code : codes) {
        unicode::append(text, code);
    }
    return text;
}

}  // namespace

bool is_python_space(char32_t code) {
    return (code >= 0x1C && code <= 0x1F) || unicode::is_whitespace(code);
}

std::string_view python_stripped(std::string_view text, bool left, bool right) {
    while (left && !text.empty()) {
        const unicode::Char c = unicode::first_char(text);
        if (!is_python_space(c.code)) {
            break;
        }
        text.remove_prefix(c.size);
    }
    while (right && !text.empty()) {
        std::size_t last = text.size() - 1;
        while (last > 0 && (static_cast<unsigned char>(text[last]) & 0xC0U) == 0x80U) {
            --last;
        }
        if (!is_python_space(unicode::first_char(text.substr(last)).code)) {
            break;
        }
        text = text.substr(0, last);
    }
    return text;
}

AddedSplitter::AddedSplitter(const std::map<TokenId, AddedToken>& tokens) : all_(1), without_special_(1) {
    for (const auto& [id, token] : tokens) {
        if (token.content.empty()) {
            continue;
        }
        AddedToken& kept = tokens_[token.content];
        kept = token;
        kept.id = id;
        const std::u32string word = characters(token.content);
        add(all_, word);
        if (!token.special) {
            add(without_special_, word);
        }
    }
}

void AddedSplitter::add(Trie& trie, std::u32string_view word) {
    std::int32_t node = 0;
    for (const char32_t code : word) {
        const auto [found, made] =
            trie[static_cast<std::size_t>(node)].next.emplace(code, static_cast<std::int32_t>(trie.size()));
        node = found->second;
        if (made) {
            trie.emplace_back();
        }
    }
    trie[static_cast<std::size_t>(node)].ends = true;
}

std::int32_t AddedSplitter::step(const Trie& trie, std::int32_t node, std::u32string_view text, std::size_t at) {
    if (at >= text.size()) {
        return -1;
    }
    const auto& next = trie[static_cast<std::size_t>(node)].next;
    const auto found = next.find(text[at]);
    return found == next.end() ? -1 : found->second;
}

// A word counts once the character behind it has been read (or the text has ended). Then the words that began before it
// and at the same place are followed further, and the last of those to end wins.
std::vector<std::size_t> AddedSplitter::cuts(const Trie& trie, std::u32string_view text) {
    struct State {
        std::size_t start;
        std::int32_t node;
    };
    const auto ends = [&](std::int32_t node) { return trie[static_cast<std::size_t>(node)].ends; };
    std::vector<State> states;  // in the order of their starts
    std::vector<std::size_t> offsets{0};
    std::size_t skip = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (at < skip) {
            continue;
        }
        bool found = false;
        std::vector<bool> lost(states.size(), false);
        for (std::size_t i = 0; i < states.size() && !found; ++i) {
            if (!ends(states[i].node)) {
                const std::int32_t next = step(trie, states[i].node, text, at);
                if (next < 0) {
                    lost[i] = true;
                } else {
                    states[i].node = next;
                }
                continue;
            }
            std::size_t start = states[i].start;
            std::size_t end = at;
            for (const State& other : states) {
                if (other.start > start) {
                    break;
                }
                std::size_t ahead = other.start < start ? at + 1 : at;
                end = ahead;
                std::int32_t node = other.node;
                if (ends(node)) {
                    start = other.start;
                    end = skip = ahead;
                }
                for (node = step(trie, node, text, ahead); node >= 0; node = step(trie, node, text, ahead)) {
                    ++ahead;
                    if (ends(node)) {
                        start = other.start;
                        end = skip = ahead;
                    }
                }
            }
            offsets.push_back(start);
            offsets.push_back(end);
            found = true;
        }
        if (found) {
            states.clear();
        } else {
            std::size_t kept = 0;
            for (std::size_t i = 0; i < states.size(); ++i) {
                if (!lost[i]) {
                    states[kept++] = states[i];
                }
            }
            states.resize(kept);
        }
        if (at >= skip) {
            const std::int32_t first = step(trie, 0, text, at);
            if (first >= 0) {
                states.push_back({at, first});
            }
        }
    }
    for (const State& state : states) {
        if (ends(state.node)) {
            offsets.push_back(state.start);
            offsets.push_back(text.size());
            break;
        }
    }
    offsets.push_back(text.size());
    return offsets;
}

std::vector<AddedSplitter::Part> AddedSplitter::split(std::string_view text, bool special) const {
    const Trie& trie = special ? all_ : without_special_;
    std::vector<Part> parts;
    if (text.empty()) {
        return parts;
    }
    if (trie.size() == 1) {
        parts.push_back({.text = std::string(text)});
        return parts;
    }
    const std::u32string codes = characters(text);
    std::size_t start = 0;
    for (const std::size_t end : cuts(trie, codes)) {
        if (start < end) {
            parts.push_back({.text = utf8(std::u32string_view(codes).substr(start, end - start))});
            start = end;
        }
    }
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const auto found = tokens_.find(parts[i].text);
        if (found == tokens_.end() || (!special && found->second.special)) {
            continue;
        }
        const AddedToken& token = found->second;
        std::string* left = i > 0 ? &parts[i - 1].text : nullptr;
        std::string* right = i + 1 < parts.size() ? &parts[i + 1].text : nullptr;
        const char before = left == nullptr || left->empty() ? ' ' : left->back();
        const char behind = right == nullptr || right->empty() ? ' ' : right->front();
        if (token.rstrip && right != nullptr) {
            *right = python_stripped(*right, true, false);
        }
        if (token.lstrip && left != nullptr) {
            *left = python_stripped(*left, false, true);
        }
        if (token.single_word) {
            if (before != ' ') {
                *left += parts[i].text;
                parts[i].text.clear();
            } else if (behind != ' ') {
                right->insert(0, parts[i].text);
                parts[i].text.clear();
            }
        }
    }
    std::erase_if(parts, [](const Part& part) { return part.text.empty(); });
    for (Part& part : parts) {
        const auto found = tokens_.find(part.text);
        if (found != tokens_.end() && (special || !found->second.special)) {
            part.id = found->second.id;
        }
    }
    return parts;
}

}  // namespace tandem
