#include "engine/convert/tokenizer_probe.h"

#include <array>

namespace tandem {
namespace {

// What pre-tokenizers differ in: contractions, runs of digits, spaces and line ends, scripts without spaces, marks that
// compose, symbols, code.
constexpr std::array<std::string_view, 26> texts{
    "Hello, world! It's what they've said; I'd say we'll see, don't you? O'NEILL'S CAN'T",
    "1 12 123 1234 12345 1234567890 3.14159 1,000,000 0x1F 2024-11-25 v1.2.3 H2O 10km 5%",
    "  two  spaces   three\ttab\t\ttabs \n line\n\n\nlines \r\n crlf\r\n\r\n   \n end  ",
    "x",
    " ",
    "\n",
    " leading and trailing ",
    "for (int i = 0; i < n; ++i) {\n    sum += a[i] * b[i];  // dot\n}\n\tif (x != y) return \"s\\n\";",
    "https://example.org/a/b?c=d&e=%20f#g user@example.com C:\\path\\file.txt $100 #tag @name",
    "\xC3\x9C"
    "ber stra\xC3\x9F"
    "e na\xC3\xAFve caf\xC3\xA9 cafe\xCC\x81 \xC3\x85ngstr\xC3\xB6m A\xCC\x8A \xEF\xAC\x81n",
    "\xD0\x9F\xD1\x80\xD0\xB8\xD0\xB2\xD0\xB5\xD1\x82, \xD0\xBC\xD0\xB8\xD1\x80! \xD0\x81\xD0\xB6\xD0\xB8\xD0\xBA 42",
    "\xCE\x9A\xCE\xB1\xCE\xBB\xCE\xB7\xCE\xBC\xCE\xAD\xCF\x81\xCE\xB1 \xCE\xBA\xCF\x8C\xCF\x83\xCE\xBC\xCE\xB5",
    "\xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D \xD7\xA2\xD7\x95\xD7\x9C\xD7\x9D",
    "\xD9\x85\xD8\xB1\xD8\xAD\xD8\xA8\xD8\xA7 \xD8\xA8\xD8\xA7\xD9\x84\xD8\xB9\xD8\xA7\xD9\x84\xD9\x85 "
    "\xD9\xA1\xD9\xA2\xD9\xA3",
    "\xE0\xA4\xA8\xE0\xA4\xAE\xE0\xA4\xB8\xE0\xA5\x8D\xE0\xA4\xA4\xE0\xA5\x87 "
    "\xE0\xA4\xA6\xE0\xA5\x81\xE0\xA4\xA8\xE0\xA4\xBF\xE0\xA4\xAF\xE0\xA4\xBE",
    "\xE0\xB8\xAA\xE0\xB8\xA7\xE0\xB8\xB1\xE0\xB8\xAA\xE0\xB8\x94\xE0\xB8\xB5\xE0\xB8\x8A\xE0\xB8\xB2\xE0\xB8\xA7\xE0"
    "\xB9\x82\xE0\xB8\xA5\xE0\xB8\x81",
    "\xE4\xBD\xA0\xE5\xA5\xBD\xEF\xBC\x8C\xE4\xB8\x96\xE7\x95\x8C\xEF\xBC\x81\xE4\xB8\x80\xE4\xBA\x8C\xE4\xB8\x89 123",
    "\xE3\x81\x93\xE3\x82\x93\xE3\x81\xAB\xE3\x81\xA1\xE3\x81\xAF\xE4\xB8\x96\xE7\x95\x8C "
    "\xE3\x82\xAB\xE3\x82\xBF\xE3\x82\xAB\xE3\x83\x8A",
    "\xEC\x95\x88\xEB\x85\x95\xED\x95\x98\xEC\x84\xB8\xEC\x9A\x94 \xEC\x84\xB8\xEA\xB3\x84",
    "\xF0\x9F\x98\x80 \xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x92\xBB \xF0\x9F\x87\xA9\xF0\x9F\x87\xAA "
    "\xE2\x9C\x85\xEF\xB8\x8F \xE2\x86\x92 \xE2\x89\xA0",
    "\xE2\x80\x9Cquoted\xE2\x80\x9D \xE2\x80\x94 dash\xE2\x80\xA6 \xC2\xBD \xC2\xB2 \xE2\x85\xA7 "
    "\xC2\xA0nbsp\xE2\x80\x89thin",
    "!!! ??? ... --- *** ___ === <<< >>> ((())) [[]] {{}} ;;; ::: ||| ~~~ ^^^ ``` '''",
    "camelCase snake_case kebab-case SCREAMING_CASE PascalCase a1b2c3 x86_64 utf8mb4",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbb        cccccccc",
    "The quick brown fox jumps over the lazy dog. Pack my box with five dozen liquor jugs.",
    "\x01\x02\x7F control",
};

constexpr std::int64_t sampled_tokens = 4000;

bool agree(const Tokenizer& a, const Tokenizer& b, std::string_view text) {
    for (const bool special : {false, true}) {
        const EncodeOptions options{.add_special = special, .parse_special = true};
        if (a.encode(text, options) != b.encode(text, options)) {
            return false;
        }
    }
    return true;
}

}  // namespace

std::optional<std::string> first_difference(const Tokenizer& a, const Tokenizer& b) {
    std::string all;
    for (const std::string_view text : texts) {
        if (!agree(a, b, text)) {
            return std::string(text);
        }
        all += std::string(text) + "\n";
    }
    if (!agree(a, b, all)) {
        return all;
    }
    const std::int64_t size = a.vocab_size();
    const std::int64_t step = std::max<std::int64_t>(1, size / sampled_tokens);
    for (std::int64_t id = 0; id < size; id += step) {
        const std::string piece = a.piece(static_cast<TokenId>(id));
        for (const std::string& text : {piece, "a" + piece}) {
            if (!agree(a, b, text)) {
                return text;
            }
        }
    }
    return std::nullopt;
}

}  // namespace tandem
