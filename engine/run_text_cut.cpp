#include "engine/run_text_cut.h"

namespace tandem {
namespace {

bool continues_character(char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

// The first `bytes` of a text, less what would be part of a character.
std::string_view beginning_of(std::string_view text, std::size_t bytes) {
    while (bytes > 0 && bytes < text.size() && continues_character(text[bytes])) {
        --bytes;
    }
    return text.substr(0, bytes);
}

}  // namespace

Result<std::string_view> longest_fitting(std::string_view text, double share,
                                         const std::function<Result<bool>(std::string_view beginning)>& fits) {
    std::size_t fitting = 0;
    std::size_t beyond = text.size();
    for (const double around : {0.8, 1.25}) {  // so that a long text is not read a dozen times
        const auto guess = static_cast<std::size_t>(static_cast<double>(text.size()) * share * around);
        if (guess > fitting && guess < beyond) {
            (TANDEM_TRY(fits(beginning_of(text, guess))) ? fitting : beyond) = guess;
        }
    }
    while (beyond - fitting > 1) {
        const std::size_t middle = fitting + (beyond - fitting) / 2;
        (TANDEM_TRY(fits(beginning_of(text, middle))) ? fitting : beyond) = middle;
    }
    return beginning_of(text, fitting);
}

}  // namespace tandem
