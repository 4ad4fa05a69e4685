// What is done to a text before it is split: a list of steps, each from text to text.
// Thread rule: const after it is filled, shared freely. Texts are well-formed UTF-8.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/tokenizer/split_regex.h"
#include "engine/tokenizer/unicode.h"

namespace tandem {

struct NormaliseStep {
    enum class Kind { form, lowercase, prepend, replace };
    Kind kind = Kind::form;
    unicode::Form form = unicode::Form::nfc;
    std::string content;                      // prepend, replace: what is put in
    std::string pattern;                      // replace: a literal, where there is no regex
    std::shared_ptr<const SplitRegex> regex;  // replace
};

using Normaliser = std::vector<NormaliseStep>;

std::string normalise(const Normaliser& steps, std::string_view text);

// Every occurrence of `step.pattern` or `step.regex` replaced by `step.content`. An empty pattern replaces nothing.
std::string replace_all(std::string_view text, std::string_view pattern, const SplitRegex* regex,
                        std::string_view content);

}  // namespace tandem
