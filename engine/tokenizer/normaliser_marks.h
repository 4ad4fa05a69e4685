// Normalising with the places of characters kept, for tokens' spans. Slower than normalise(), with the same result.
// Thread rule: stateless. Texts are well-formed UTF-8.
#pragma once

#include <string>

#include "engine/tokenizer/marks.h"
#include "engine/tokenizer/normaliser.h"

namespace tandem {

// normalise(steps, text) in place; `marks` into the text become marks into the result.
void normalise_marked(const Normaliser& steps, std::string& text, Marks& marks);

}  // namespace tandem
