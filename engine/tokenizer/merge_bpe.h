// Byte pair encoding by a ranked list of merges: of the neighbours that may merge, the pair listed first merges first,
// the leftmost of equal ones. O(n log n) in the longest part of a word in which merges can meet.
// Errors: TOK_MERGE_UNKNOWN, TOK_BYTES_MISSING, TOK_CONFIG. Thread rule: const after create, shared freely.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/tokenizer/char_ids.h"
#include "engine/tokenizer/merge_table.h"
#include "engine/tokenizer/vocabulary.h"
#include "engine/tokenizer/word_model.h"

namespace tandem {

struct MergeBpeOptions {
    bool byte_level = false;     // words are spelled in the byte alphabet before they are looked up
    bool byte_fallback = false;  // an unknown character becomes "<0xNN>" tokens, where all of them exist
    bool ignore_merges = false;  // a word that is a token is that token, whatever merges say
    bool fuse_unknown = false;   // neighbouring unknown characters become one unknown token
    std::optional<TokenId> unknown;
    std::string continuing_prefix;  // what stands before every character of a word but the first: "##"
    std::string word_suffix;        // what stands behind the last character of a word: "</w>"
};

// Bytes that no assigned character but control characters needs may be missing from a byte-level vocabulary (SmolLM2's
// lacks 21): they read as the unknown token, or as nothing where there is none, as in the reference.
Result<void> check_byte_alphabet(const Vocabulary& vocabulary);

class MergeBpe final : public WordModel {
public:
    using Merges = std::vector<std::pair<std::string, std::string>>;
    static constexpr std::size_t most_merges = std::size_t{1} << 22;

    static Result<std::unique_ptr<const MergeBpe>> create(std::shared_ptr<const Vocabulary> vocabulary,
                                                          const Merges& merges, const MergeBpeOptions& options);
    void encode(std::string_view word, std::vector<TokenId>& ids) const override;
    WordSpelling spelling() const override {
        return {.byte_level = options_.byte_level,
                .continuing_prefix = options_.continuing_prefix,
                .word_suffix = options_.word_suffix,
                .unknown = options_.unknown.value_or(-1)};
    }

private:
    // A character's or byte's place in its word decides how it is spelled.
    struct Place {
        bool first = true;
        bool last = false;
    };
    static std::size_t index(Place place) { return (place.first ? 0U : 2U) + (place.last ? 1U : 0U); }

    MergeBpe(std::shared_ptr<const Vocabulary> vocabulary, const MergeBpeOptions& options);
    bool has_affixes() const { return !options_.continuing_prefix.empty() || !options_.word_suffix.empty(); }
    std::string with_affixes(std::string_view one, Place place) const;
    Result<void> fill_symbols();
    Result<void> fill_merges(const Merges& merges);
    void encode_new(std::string_view word, std::vector<TokenId>& ids) const;
    void start_bytes(std::string_view word, std::vector<TokenId>& symbols) const;
    void encode_chars(std::string_view word, std::vector<TokenId>& ids) const;
    void encode_part(std::string_view part, std::vector<TokenId>& symbols, std::vector<TokenId>& ids) const;
    bool fall_back(std::string_view one, Place place, std::vector<TokenId>& ids) const;

    std::shared_ptr<const Vocabulary> vocabulary_;
    MergeBpeOptions options_;
    std::uint64_t serial_;                              // tells this model from others in caches
    std::array<std::vector<TokenId>, 4> alphabet_ids_;  // byte level: 256 ids by place; -1: no token
    std::array<CharIds, 4> char_ids_;                   // otherwise: by place
    std::vector<TokenId> fallback_ids_;                 // 256; empty without byte fallback
    MergeTable merges_;
    // Neighbouring first symbols that some merge may bring together; a word falls apart everywhere else. Empty where
    // that is not known.
    MergeTable meeting_;
    bool knows_meeting_ = false;
};

}  // namespace tandem
