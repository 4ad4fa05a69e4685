// Tokens back to text, one token at a time: a list of steps, each from texts to texts. What a step cannot decide yet it
// holds back, so that a stream and a whole text come out the same.
// Thread rule: a Decoder is const after it is filled and shared freely; a DecodeRun belongs to one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/tokenizer/split_regex.h"

namespace tandem {

struct DecodeStep {
    enum class Kind {
        byte_level,     // characters of the byte alphabet to bytes, bytes to text
        byte_fallback,  // "<0xNN>" tokens to text: a run that is not UTF-8 reads as one U+FFFD a token
        fuse,           // what follows sees one text instead of tokens
        replace,
        strip,
        metaspace,   // the stand-in for a space, dropped at the start of the first token
        word_piece,  // "##" goes, other tokens after the first get a space before them
        word_end,    // BPEDecoder: the mark at a word's end becomes a space, at the last token nothing
        ctc,         // repeated tokens once, padding gone, the word delimiter a space
        join,        // spaces between tokens: what the reference does where there is no decoder
    };
    Kind kind = Kind::fuse;
    // replace: a literal where there is no regex; strip, metaspace: the character; word_piece: what begins a token that
    // goes on a word; word_end: the mark; ctc: the padding
    std::string pattern;
    std::shared_ptr<const SplitRegex> regex;
    std::string content;         // replace; ctc: the word delimiter
    std::size_t from_start = 0;  // strip: how many at most
    std::size_t from_end = 0;    // strip
    bool drop_first = false;     // metaspace
    bool clean_up = false;       // word_piece, ctc: no space before punctuation and English contractions
};

using Decoder = std::vector<DecodeStep>;

// The byte that a token of the form "<0xNN>" stands for.
std::optional<std::uint8_t> fallback_byte(std::string_view token);

class DecodeRun {
public:
    explicit DecodeRun(const Decoder& decoder);
    // What became certain with this token.
    std::string push(std::string_view token);
    std::string finish();

private:
    struct Stage {
        const DecodeStep* step = nullptr;
        bool fused = false;  // it sees one text in parts, not tokens
        bool started = false;
        std::size_t stripped = 0;
        std::string held;
    };
    void feed(std::size_t index, std::string_view token, std::string& out);
    void byte_level(std::size_t index, std::string_view token, std::string& out);
    void byte_fallback(std::size_t index, std::string_view token, std::string& out);
    void release_bytes(std::size_t index, std::string& out);
    void replace(std::size_t index, std::string_view token, std::string& out);
    void strip(std::size_t index, std::string_view token, std::string& out);
    void metaspace(std::size_t index, std::string_view token, std::string& out);
    void word_piece(std::size_t index, std::string_view token, std::string& out);
    void word_end(std::size_t index, std::string_view token, std::string& out);
    void ctc(std::size_t index, std::string_view token, std::string& out);
    void end(std::size_t index, std::string& out);

    std::vector<Stage> stages_;
};

}  // namespace tandem
