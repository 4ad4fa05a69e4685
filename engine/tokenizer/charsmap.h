// A normaliser in SentencePiece's compiled form (`precompiled_charsmap`): a double-array trie of texts to replace and a
// blob of what they become. Read as the `tokenizers` library reads it: grapheme by grapheme, of all rules that match at
// a place the shortest one counts, and it stands for the whole grapheme.
// Errors: TOK_CONFIG. Thread rule: const after parse, shared freely.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/result.h"

namespace tandem {

class Charsmap {
public:
    // The compiled bytes: the trie's size in bytes (32 bits, little-endian), the trie, the replacements.
    static Result<std::shared_ptr<const Charsmap>> parse(std::string_view bytes, const std::string& origin);

    // Appends the normalised `text`, which is well-formed UTF-8. `leading` bytes of it stand at the start of the
    // original text; it becomes how many of the result do.
    void append_normalised(std::string_view text, std::string& result, std::size_t& leading) const;

private:
    Charsmap() = default;
    std::optional<std::string_view> replacement(std::string_view part) const;
    std::optional<std::string_view> look_up(std::string_view part) const;

    std::vector<std::uint32_t> units_;
    std::string replaced_;                 // each replacement ends in a zero byte
    std::vector<std::string_view> ascii_;  // of single ASCII characters; data() is null where there is none
};

}  // namespace tandem
