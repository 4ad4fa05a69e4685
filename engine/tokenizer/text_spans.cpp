// Encoding with spans: the steps of encode(), each with the way back to the bytes it was given.
#include <algorithm>

#include "engine/tokenizer/made_places.h"
#include "engine/tokenizer/mended_text.h"
#include "engine/tokenizer/normaliser_marks.h"
#include "engine/tokenizer/text_tokenizer.h"
#include "engine/tokenizer/unicode.h"
#include "engine/tokenizer/word_spans.h"

namespace tandem {
namespace {

// A text before and after normalising, character by character.
class Normalised {
public:
    Normalised(const Normaliser& steps, std::string_view text) : given_(text), text_(text) {
        for (std::size_t at = 0; at < text.size();) {
            at += unicode::char_size(text[at]);
            ends_.push_back(std::min(at, text.size()));
        }
        marks_ = ends_;
        normalise_marked(steps, text_, marks_);
    }

    std::string_view text() const { return text_; }

    // What bytes of text() are of the text that was given.
    ByteSpan given(ByteSpan span) const {
        if (span.first == span.last) {
            const std::size_t place = char_with(span.first);
            return {begin(place), begin(place)};
        }
        const auto last = static_cast<std::size_t>(std::ranges::lower_bound(marks_, span.last) - marks_.begin());
        return {exact(char_with(span.first), span.first, false), exact(last, span.last, true)};
    }

private:
    // The character that byte `at` of the result came from.
    std::size_t char_with(std::size_t at) const {
        return static_cast<std::size_t>(std::ranges::upper_bound(marks_, at) - marks_.begin());
    }
    std::size_t begin(std::size_t place) const { return place == 0 ? 0 : ends_[std::min(place, ends_.size()) - 1]; }
    // A place within a character that stayed as it was, or one of its ends.
    std::size_t exact(std::size_t place, std::size_t at, bool end) const {
        if (place >= ends_.size()) {
            return given_.size();
        }
        const std::size_t from = begin(place);
        const std::size_t to = place == 0 ? 0 : marks_[place - 1];
        const std::string_view before = given_.substr(from, ends_[place] - from);
        if (std::string_view(text_).substr(to, marks_[place] - to) == before) {
            return from + at - to;
        }
        return end ? ends_[place] : from;
    }

    std::string_view given_;
    std::string text_;
    std::vector<std::size_t> ends_;  // of each character of the given text
    Marks marks_;                    // the same of what it became
};

void append_moved(const Encoding& part, Encoding& whole, const auto& move) {
    whole.ids.insert(whole.ids.end(), part.ids.begin(), part.ids.end());
    for (const ByteSpan& span : part.spans) {
        whole.spans.push_back(move(span));
    }
}

}  // namespace

Encoding TextTokenizer::encode_with_spans(std::string_view given, EncodeOptions options) const {
    const MendedText mended(given);
    const std::string_view text = mended.text();
    Encoding encoding;
    if (options.add_special) {
        encoding.ids = parts_.before;
        encoding.spans.assign(parts_.before.size(), {0, 0});
    }
    for (const TextPart& part : added_.find(text, AddedTokens::In::raw_text, options.parse_special)) {
        if (part.id >= 0) {
            encoding.ids.push_back(part.id);
            encoding.spans.push_back(mended.given({part.begin, part.end}));
            continue;
        }
        Encoding raw;
        span_raw(text.substr(part.begin, part.end - part.begin), part.begin == 0 ? unicode::char_size(text[0]) : 0,
                 options.parse_special, raw);
        append_moved(raw, encoding, [&](const ByteSpan& span) {
            return mended.given({part.begin + span.first, part.begin + span.last});
        });
    }
    if (options.add_special) {
        encoding.ids.insert(encoding.ids.end(), parts_.after.begin(), parts_.after.end());
        encoding.spans.insert(encoding.spans.end(), parts_.after.size(), {given.size(), given.size()});
    }
    return encoding;
}

void TextTokenizer::span_raw(std::string_view text, std::size_t leading, bool parse_special, Encoding& encoding) const {
    std::string normal(text);
    std::string other;
    normalise(parts_.normaliser, normal, other, leading);
    const Normalised normalised(parts_.normaliser, text);
    Encoding words;
    if (!added_.any(AddedTokens::In::normalised_text)) {
        span_words(normal, leading, words);
    } else {
        for (const TextPart& part : added_.find(normal, AddedTokens::In::normalised_text, parse_special)) {
            if (part.id >= 0) {
                words.ids.push_back(part.id);
                words.spans.push_back({part.begin, part.end});
                continue;
            }
            Encoding some;
            span_words(std::string_view(normal).substr(part.begin, part.end - part.begin),
                       leading > part.begin ? leading - part.begin : 0, some);
            append_moved(some, words, [&](const ByteSpan& span) {
                return ByteSpan{part.begin + span.first, part.begin + span.last};
            });
        }
    }
    append_moved(words, encoding, [&](const ByteSpan& span) { return normalised.given(span); });
}

void TextTokenizer::span_words(std::string_view text, std::size_t leading, Encoding& encoding) const {
    if (text.empty()) {
        return;
    }
    PieceStore store;
    std::vector<Piece> room;
    std::vector<Piece> pieces{{.text = text, .leading = leading}};
    split_pieces(parts_.splits, pieces, room, store);
    MadePlaces places(text, store);
    std::vector<ByteSpan> spans;
    for (const Piece& piece : pieces) {
        const std::size_t before = encoding.ids.size();
        parts_.model->encode(piece.text, encoding.ids);
        spans.clear();
        append_word_spans(piece.text, std::span<const TokenId>(encoding.ids).subspan(before), *parts_.vocabulary,
                          parts_.model->spelling(), spans);
        for (const ByteSpan& span : spans) {
            encoding.spans.push_back(places.in_text(piece, span));
        }
    }
}

}  // namespace tandem
