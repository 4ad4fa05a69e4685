#include "engine/tokenizer/text_forms.h"

#include <unicode/bytestream.h>
#include <unicode/locid.h>
#include <unicode/normalizer2.h>
#include <unicode/uniset.h>
#include <unicode/unistr.h>

#include <algorithm>

#include "engine/api/utf8.h"
#include "engine/tokenizer/reference_unicode.h"
#include "engine/tokenizer/unicode.h"

namespace tandem {
namespace {

const icu::Normalizer2* newest(Form form) {
    UErrorCode status = U_ZERO_ERROR;
    switch (form) {
        case Form::nfc:
            return icu::Normalizer2::getNFCInstance(status);
        case Form::nfd:
            return icu::Normalizer2::getNFDInstance(status);
        case Form::nfkc:
            return icu::Normalizer2::getNFKCInstance(status);
        case Form::nfkd:
            return icu::Normalizer2::getNFKDInstance(status);
    }
    return nullptr;
}

// Characters that the reference's tables know; it leaves the others alone.
const icu::UnicodeSet& known_to_reference() {
    static const icu::UnicodeSet known = [] {
        UErrorCode status = U_ZERO_ERROR;
        icu::UnicodeSet set(icu::UnicodeString("[:age=9.0:]"), status);
        set.freeze();
        return set;
    }();
    return known;
}

bool is_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// U+0000 to U+02FF are in every composed form as they are, but for some Latin-1 signs in the compatibility forms.
bool is_plainly_composed(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0xCC; });
}

void append_lowered_char(char32_t code, std::string& result) {
    const auto changes = reference_unicode::lowercase;
    const auto found =
        std::lower_bound(changes.begin(), changes.end(), code,
                         [](const reference_unicode::LowercaseChange& change, char32_t c) { return change.from < c; });
    if (found != changes.end() && found->from == code) {
        unicode::append(result, found->to);
        return;
    }
    icu::UnicodeString one(static_cast<UChar32>(code));
    one.toLower(icu::Locale::getRoot());
    one.toUTF8String(result);
}

}  // namespace

bool to_form(std::string_view text, Form form, std::string& result) {
    if (is_ascii(text) || (form == Form::nfc && is_plainly_composed(text))) {
        return false;
    }
    const icu::Normalizer2* normaliser = newest(form);
    UErrorCode status = U_ZERO_ERROR;
    // ICU counts in int32. A longer text is cut where nothing can join: before an ASCII character.
    constexpr std::size_t most = std::size_t{1} << 28;
    if (text.size() > most) {
        std::string whole;
        while (!text.empty()) {
            std::size_t size = std::min(most, text.size());
            while (size < text.size() && static_cast<unsigned char>(text[size]) >= 0x80) {
                ++size;
            }
            std::string part;
            whole += to_form(text.substr(0, size), form, part) ? std::string_view(part) : text.substr(0, size);
            text.remove_prefix(size);
        }
        result = std::move(whole);
        return true;
    }
    const icu::StringPiece piece(text.data(), static_cast<std::int32_t>(text.size()));
    if (normaliser == nullptr || normaliser->isNormalizedUTF8(piece, status) != 0) {
        return false;
    }
    const icu::FilteredNormalizer2 filtered(*normaliser, known_to_reference());
    result.clear();
    icu::StringByteSink<std::string> sink(&result);
    status = U_ZERO_ERROR;
    filtered.normalizeUTF8(0, piece, sink, nullptr, status);
    return U_SUCCESS(status) != 0;
}

std::size_t form_part_end(std::string_view text, std::size_t at, Form form) {
    const icu::Normalizer2* normaliser = newest(form);
    std::size_t end = at;
    do {
        end = std::min(text.size(), end + unicode::char_size(text[end]));
    } while (end < text.size() && normaliser != nullptr &&
             normaliser->hasBoundaryBefore(static_cast<UChar32>(unicode::first_char(text.substr(end)).code)) == 0);
    return end;
}

void append_lowered(std::string_view text, std::string& result) {
    for (std::size_t at = 0; at < text.size();) {
        const auto byte = static_cast<unsigned char>(text[at]);
        if (byte < 0x80) {
            result += static_cast<char>(byte >= 'A' && byte <= 'Z' ? byte + ('a' - 'A') : byte);
            ++at;
            continue;
        }
        const unicode::Char c = unicode::first_char(text.substr(at));
        // Letters beyond U+2E7F have no case but for a few blocks.
        if ((c.code >= 0x2E80 && c.code < 0xA640) || (c.code >= 0xAC00 && c.code < 0xFF21)) {
            result += text.substr(at, c.size);
        } else {
            append_lowered_char(c.code, result);
        }
        at += c.size;
    }
}

}  // namespace tandem
