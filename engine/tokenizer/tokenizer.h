// Text to token ids and back. Built from a GGUF's metadata or from tokenizer.json; needs no weights and no torch.
// Errors: TOK_*. Thread rule: const after construction, shared freely.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/api/result.h"
#include "engine/tensor/gguf.h"
#include "engine/tokenizer/byte_span.h"

namespace tandem {

using TokenId = std::int32_t;

struct EncodeOptions {
    bool add_special = true;    // the sequence's own start and end tokens, where the tokenizer adds them
    bool parse_special = true;  // "<|im_start|>" in the text becomes its one token, as the reference does
};

// Ids with the bytes of the text that each stands for, in order. A token that is no part of the text (one that the
// tokenizer puts around it) has the empty span where it stands: 0 before, the text's size behind.
struct Encoding {
    std::vector<TokenId> ids;
    std::vector<ByteSpan> spans;
};

// What a tokenizer keeps to decode ids one at a time. Belongs to one thread and must not outlive its tokenizer.
class DecodeStream {
public:
    virtual ~DecodeStream() = default;
    virtual std::string push(TokenId id) = 0;
    virtual std::string finish() = 0;
};

// What a model's files say about chats besides the template that is used where none is named.
struct ChatParts {
    std::vector<std::pair<std::string, std::string>> named;   // further templates: {"tool_use", source}
    std::vector<std::pair<std::string, std::string>> tokens;  // what templates call unk_token, pad_token ...
};

class Tokenizer {
public:
    virtual ~Tokenizer() = default;

    static Result<std::shared_ptr<const Tokenizer>> from_gguf(const GgufFile& file);
    // `folder` holds tokenizer.json and, if there, tokenizer_config.json, special_tokens_map.json, config.json,
    // chat_template.jinja and additional_chat_templates/. No weights are needed. Beside a tokenizer.json, add_bos_token
    // and add_eos_token change nothing, and a class's own settings only what docs/decisions/0010 says.
    static Result<std::shared_ptr<const Tokenizer>> from_folder(const std::filesystem::path& folder);
    // A folder, a .gguf file or a tokenizer.json.
    static Result<std::shared_ptr<const Tokenizer>> open(const std::filesystem::path& location);

    // Invalid UTF-8 is read as U+FFFD, as the reference does. Linear in the text, up to a logarithm for a single
    // word that merges run through; a pre-tokenizer's own expression may be quadratic.
    virtual std::vector<TokenId> encode(std::string_view text, EncodeOptions options = {}) const = 0;
    // The same ids with their spans, as the reference's offsets have them but in bytes: exact within a character where
    // a token is some of its bytes, whole characters where normalising changed them. What normalising puts in belongs
    // to the character it stands by. Slower than encode().
    virtual Encoding encode_with_spans(std::string_view text, EncodeOptions options = {}) const = 0;
    // The text of ids; ids outside the vocabulary give nothing. Invalid UTF-8 that bytes add up to reads as U+FFFD.
    virtual std::string decode(std::span<const TokenId> ids, bool skip_special = true) const = 0;
    // The raw bytes of one token, possibly part of a character. Special tokens give their text.
    virtual std::string piece(TokenId id) const = 0;
    virtual bool is_special(TokenId id) const = 0;
    virtual std::optional<TokenId> find(std::string_view token) const = 0;

    virtual std::int64_t vocab_size() const = 0;
    virtual std::optional<TokenId> bos() const = 0;
    virtual std::optional<TokenId> eos() const = 0;
    // Every id that ends a turn or a text (end-of-text, end-of-turn), for stopping generation.
    virtual std::vector<TokenId> end_ids() const = 0;
    virtual std::string kind() const = 0;           // "byte-level BPE (smollm)"
    virtual std::string chat_template() const = 0;  // Jinja source; empty where there is none
    virtual ChatParts chat_parts() const { return {}; }
    // Null: StreamDecoder joins the pieces itself.
    virtual std::unique_ptr<DecodeStream> stream() const { return nullptr; }
};

// Turns a stream of ids into text piece by piece, holding back bytes until they make whole characters. What push and
// finish give, joined, is decode(all ids) with special tokens skipped. After finish a new text may begin.
class StreamDecoder {
public:
    explicit StreamDecoder(std::shared_ptr<const Tokenizer> tokenizer);
    std::string push(TokenId id);  // what became readable with this id; may be empty
    std::string finish();          // the rest; incomplete characters read as U+FFFD

private:
    std::shared_ptr<const Tokenizer> tokenizer_;
    std::unique_ptr<DecodeStream> stream_;
    std::string pending_;
};

}  // namespace tandem
