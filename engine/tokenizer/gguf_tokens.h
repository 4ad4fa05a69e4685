// A GGUF's tokens and what it says about them, common to every kind of vocabulary (tokenizer.ggml.*).
// Errors: GGUF_*, TOK_CONFIG, TOK_ID_RANGE. Thread rule: belongs to one thread while it reads.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/tokenizer/tokenizer_parts.h"

namespace tandem {

enum TokenType : std::int64_t { normal = 1, unknown = 2, control = 3, user_defined = 4, unused = 5, byte = 6 };

class GgufTokens {
public:
    explicit GgufTokens(const GgufFile& file) : file_(file) {}

    // Tokens, their types, and those that are looked for in the text itself. `spelled` turns a token as the file has it
    // into the one that texts have; none: it is the same.
    using Spelling = std::string (*)(const std::string& token, std::int64_t type);
    Result<void> read_tokens(TokenizerParts& parts, Spelling spelled = nullptr);
    Result<std::vector<float>> read_scores() const;

    const GgufFile& file() const { return file_; }
    const std::vector<std::int64_t>& types() const { return types_; }
    const std::shared_ptr<Vocabulary>& vocabulary() const { return vocabulary_; }

    Error refuse(const std::string& message) const;
    Result<std::optional<TokenId>> id_at(const char* key) const;  // absent, or an id of the vocabulary
    Result<bool> flag(const char* key, bool absent) const;
    Result<std::optional<TokenId>> unknown_id() const;

    // The tokens around a text: add_bos_token and add_eos_token, with what counts where the file does not say.
    Result<void> surround(TokenizerParts& parts, bool bos_by_default, bool eos_by_default) const;

private:
    Error wrong_length(const std::string& key, const std::string& type, std::size_t found) const;

    const GgufFile& file_;
    std::shared_ptr<Vocabulary> vocabulary_;
    std::vector<std::int64_t> types_;
};

// The kinds of vocabularies: each fills `parts` from the file. Further errors: TOK_MERGE_UNKNOWN, TOK_BYTES_MISSING.
Result<void> read_gguf_merges(GgufTokens& vocabulary, bool gemma, TokenizerParts& parts);  // gpt2, gemma4
Result<void> read_gguf_scores(GgufTokens& vocabulary, TokenizerParts& parts);              // llama
Result<void> read_gguf_unigram(GgufTokens& vocabulary, TokenizerParts& parts);             // t5
Result<void> read_gguf_wordpiece(GgufTokens& vocabulary, TokenizerParts& parts);           // bert

}  // namespace tandem
