// What is done to a text before it is split: a list of steps, each from text to text.
// Thread rule: const after it is filled, shared freely. Texts are well-formed UTF-8.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/tokenizer/charsmap.h"
#include "engine/tokenizer/split_regex.h"
#include "engine/tokenizer/text_forms.h"

namespace tandem {

struct NormaliseStep {
    enum class Kind {
        form,
        lowercase,
        prepend,
        replace,
        strip,             // white space at the ends
        drop_combining,    // StripAccents: combining marks
        drop_nonspacing,   // BertNormalizer's: nonspacing marks
        clean,             // BertNormalizer's: control characters go, white space becomes spaces
        space_ideographs,  // BertNormalizer's: spaces around Chinese characters
        nmt,               // the characters that nmt_nfkc drops or turns into spaces
        charsmap,
        byte_alphabet,  // every byte as a character of the byte alphabet
    };
    Kind kind = Kind::form;
    Form form = Form::nfc;
    std::string content;                      // prepend, replace: what is put in
    std::string pattern;                      // replace: a literal, where there is no regex
    std::shared_ptr<const SplitRegex> regex;  // replace
    std::shared_ptr<const Charsmap> charsmap;
    bool strip_left = true;
    bool strip_right = true;
};

using Normaliser = std::vector<NormaliseStep>;

std::string normalise(const Normaliser& steps, std::string_view text);

// As above, in place; `other` is room to work in. `leading` bytes of `text` come from the first character of the text
// that is encoded; it becomes how many of the result do (0 where that character is gone).
void normalise(const Normaliser& steps, std::string& text, std::string& other, std::size_t& leading);

// Every occurrence of `pattern` or `regex` replaced by `content`. An empty pattern replaces nothing.
std::string replace_all(std::string_view text, std::string_view pattern, const SplitRegex* regex,
                        std::string_view content);

}  // namespace tandem
