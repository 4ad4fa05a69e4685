// User-perceived characters: Unicode annex 29, extended grapheme clusters, as the reference's normaliser cuts them
// (Unicode 17). Thread rule: stateless. Errors: none.
#pragma once

#include <cstddef>
#include <string_view>

namespace tandem {

// Where the grapheme that begins at `begin` ends; `begin` is a grapheme's start within the well-formed `text`.
std::size_t grapheme_end(std::string_view text, std::size_t begin);

}  // namespace tandem
