// Whether two tokenizers give the same ids: the proof that a written tokenizer is the one it was made from.
// Thread rule: stateless.
#pragma once

#include <optional>
#include <string>

#include "engine/tokenizer/tokenizer.h"

namespace tandem {

// A text that the two encode differently; absent where they agree on a page of texts in many scripts and on a sample of
// the vocabulary itself. With and without the tokens that a sequence begins and ends with.
std::optional<std::string> first_difference(const Tokenizer& a, const Tokenizer& b);

}  // namespace tandem
