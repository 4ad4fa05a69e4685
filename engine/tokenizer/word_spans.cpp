#include "engine/tokenizer/word_spans.h"

#include "engine/tokenizer/byte_alphabet.h"
#include "engine/tokenizer/fallback_bytes.h"
#include "engine/tokenizer/unicode.h"

namespace tandem {
namespace {

// What a token may look like in a word.
class TokenText {
public:
    TokenText(std::string_view text, const WordSpelling& spelling) : spelling_(spelling), text_(text) {
        if (spelling.byte_level) {
            bytes_ = byte_alphabet::unspelled(text).value_or(std::string(text));
            text_ = bytes_;
        }
        byte_ = exact_fallback_byte(text);
    }

    // Bytes that it has of `word` from `at` on; 0: none.
    std::size_t size_at(std::string_view word, std::size_t at) const {
        const std::string_view rest = word.substr(at);
        if (matches(rest, text_)) {
            return text_.size();
        }
        std::string_view inner = text_;
        if (at > 0 && !spelling_.continuing_prefix.empty() && inner.starts_with(spelling_.continuing_prefix)) {
            inner.remove_prefix(spelling_.continuing_prefix.size());
            if (matches(rest, inner)) {
                return inner.size();
            }
        }
        if (!spelling_.word_suffix.empty() && inner.ends_with(spelling_.word_suffix)) {
            inner.remove_suffix(spelling_.word_suffix.size());
            if (inner == rest) {
                return inner.size();
            }
        }
        return byte_ && !rest.empty() && static_cast<unsigned char>(rest[0]) == *byte_ ? 1 : 0;
    }

private:
    static bool matches(std::string_view rest, std::string_view text) {
        return !text.empty() && rest.starts_with(text);
    }

    const WordSpelling& spelling_;
    std::string bytes_;
    std::string_view text_;
    std::optional<unsigned char> byte_;
};

}  // namespace

void append_word_spans(std::string_view word, std::span<const TokenId> ids, const Vocabulary& vocabulary,
                       const WordSpelling& spelling, std::vector<ByteSpan>& spans) {
    std::size_t at = 0;
    bool open = false;  // the last span is an unknown token's, which goes on up to the next known one
    for (const TokenId id : ids) {
        if (id == spelling.unknown && at < word.size()) {
            const std::size_t end = std::min(word.size(), at + unicode::char_size(word[at]));
            spans.push_back({at, end});
            at = end;
            open = true;
            continue;
        }
        const TokenText token(vocabulary.text(id), spelling);
        std::size_t begin = at;
        while (begin < word.size() && token.size_at(word, begin) == 0) {
            ++begin;
        }
        if (begin >= word.size()) {
            spans.push_back({at, word.size()});
            continue;
        }
        if (open && begin > at) {
            spans.back().last = begin;
        }
        open = false;
        at = begin + token.size_at(word, begin);
        spans.push_back({begin, at});
    }
    if (open) {
        spans.back().last = word.size();
    }
}

}  // namespace tandem
