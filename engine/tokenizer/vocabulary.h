// Token texts by id and back. Ids may have gaps; texts are unique. Bounds: 2^22 ids, 64 MiB of text.
// Errors: TOK_ID_RANGE, TOK_CONFIG. Thread rule: const after it is filled, shared freely.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "engine/api/result.h"
#include "engine/tokenizer/tokenizer.h"

namespace tandem {

class Vocabulary {
public:
    static constexpr std::int64_t most_ids = std::int64_t{1} << 22;

    explicit Vocabulary(std::string origin) : origin_(std::move(origin)) {}
    Vocabulary(const Vocabulary&) = delete;
    Vocabulary& operator=(const Vocabulary&) = delete;

    // `id` as the file has it, possibly out of range.
    Result<void> add(std::string_view text, std::int64_t id);
    // A token that is found in texts but is none of the model's pieces.
    Result<void> add_outside(std::string_view text, std::int64_t id);
    // A second token with a text that is there already: found by id only.
    Result<void> add_alias(std::string_view text, std::int64_t id);

    std::optional<TokenId> find(std::string_view text) const;
    // As `find`, among the model's own pieces only.
    std::optional<TokenId> find_piece(std::string_view text) const;
    bool has(TokenId id) const;
    std::string_view text(TokenId id) const;                                        // empty where there is none
    std::int64_t size() const { return static_cast<std::int64_t>(texts_.size()); }  // largest id + 1
    // How many tokens the model itself has.
    std::int64_t piece_count() const { return count_ - static_cast<std::int64_t>(outside_.size()); }
    const std::string& origin() const { return origin_; }

private:
    Result<void> place(std::string_view text, std::int64_t id);

    std::string origin_;
    std::vector<std::unique_ptr<const std::string>> texts_;
    std::unordered_map<std::string_view, TokenId> ids_;
    std::unordered_set<TokenId> outside_;
    std::size_t bytes_ = 0;
    std::int64_t count_ = 0;
};

}  // namespace tandem
