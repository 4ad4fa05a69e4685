// Byte pair encoding by a ranked list of merges: of the neighbours that may merge, the pair listed first merges first,
// the leftmost of equal ones. O(n log n) in a word's length.
// Errors: TOK_MERGE_UNKNOWN, TOK_BYTES_MISSING, TOK_CONFIG. Thread rule: const after create, shared freely.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/tokenizer/vocabulary.h"
#include "engine/tokenizer/word_model.h"

namespace tandem {

struct MergeBpeOptions {
    bool byte_level = false;     // words are spelled in the byte alphabet before they are looked up
    bool byte_fallback = false;  // an unknown character becomes "<0xNN>" tokens, where all of them exist
    bool ignore_merges = false;  // a word that is a token is that token, whatever merges say
    bool fuse_unknown = false;   // neighbouring unknown characters become one unknown token
    std::optional<TokenId> unknown;
};

// Bytes that no assigned character but control characters needs may be missing from a byte-level vocabulary (SmolLM2's
// lacks 21): they read as the unknown token, or as nothing where there is none, as in the reference.
class MergeBpe final : public WordModel {
public:
    using Merges = std::vector<std::pair<std::string, std::string>>;
    static constexpr std::size_t most_merges = std::size_t{1} << 22;

    static Result<std::unique_ptr<const MergeBpe>> create(std::shared_ptr<const Vocabulary> vocabulary,
                                                          const Merges& merges, const MergeBpeOptions& options);
    void encode(std::string_view word, std::vector<TokenId>& ids) const override;

private:
    struct Merge {
        std::uint64_t pair = no_pair;
        std::uint32_t rank = 0;
        TokenId merged = 0;
    };
    struct Symbol {
        TokenId id = 0;
        std::int32_t previous = -1;
        std::int32_t next = -1;  // -1: none; dead: merged away
    };
    static constexpr std::uint64_t no_pair = ~std::uint64_t{0};

    MergeBpe(std::shared_ptr<const Vocabulary> vocabulary, const MergeBpeOptions& options)
        : vocabulary_(std::move(vocabulary)), options_(options) {}
    Result<void> fill_bytes();
    Result<void> fill_merges(const Merges& merges);
    void put(TokenId left, TokenId right, std::uint32_t rank, TokenId merged);
    const Merge* find(TokenId left, TokenId right) const;
    void start_bytes(std::string_view word, std::vector<TokenId>& symbols) const;
    void start_chars(std::string_view word, std::vector<TokenId>& symbols) const;
    void merge_short(std::vector<TokenId>& symbols) const;
    void merge_long(std::vector<TokenId>& symbols) const;

    std::shared_ptr<const Vocabulary> vocabulary_;
    MergeBpeOptions options_;
    std::vector<TokenId> byte_ids_;  // 256, or empty; -1: no token. Of the alphabet, or of the fallback.
    std::vector<Merge> table_;       // open addressing, a power of two, at most half full
};

}  // namespace tandem
