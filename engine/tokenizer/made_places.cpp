#include "engine/tokenizer/made_places.h"

#include <algorithm>

#include "engine/tokenizer/byte_alphabet.h"
#include "engine/tokenizer/unicode.h"

namespace tandem {
namespace {

// What a byte of the text that a step was given becomes.
std::size_t made_size(const SplitStep& step, char byte) {
    switch (step.kind) {
        case SplitStep::Kind::metaspace:
            return byte == ' ' ? step.replacement.size() : 1;
        case SplitStep::Kind::byte_alphabet:
            return byte_alphabet::spelled({&byte, 1}).size();
        default:
            return 1;
    }
}

}  // namespace

const MadePlaces::Places& MadePlaces::places_of(std::size_t made) {
    Places& places = places_[made];
    if (!places.first.empty()) {
        return places;
    }
    const MadeText& entry = store_[made];
    const std::string_view from = entry.from.text;
    std::size_t whole = 0;
    for (const char byte : from) {
        whole += made_size(*entry.step, byte);
    }
    const std::size_t before = entry.text.size() - std::min(whole, entry.text.size());
    places.first.assign(before, 0);
    places.last.assign(before, from.empty() ? 0 : std::min(from.size(), unicode::char_size(from[0])));
    for (std::size_t at = 0; at < from.size(); ++at) {
        const std::size_t size = made_size(*entry.step, from[at]);
        places.first.insert(places.first.end(), size, at);
        places.last.insert(places.last.end(), size, at + 1);
    }
    places.first.push_back(from.size());
    places.last.push_back(from.size());
    return places;
}

ByteSpan MadePlaces::in_text(const Piece& piece, ByteSpan span) {
    std::int32_t made = piece.made;
    const char* begin = piece.text.data();
    while (made >= 0) {
        const MadeText& entry = store_[static_cast<std::size_t>(made)];
        const Places& places = places_of(static_cast<std::size_t>(made));
        const auto offset = static_cast<std::size_t>(begin - entry.text.data());
        const std::size_t first = places.first[offset + span.first];
        span = {first, span.last > span.first ? places.last[offset + span.last - 1] : first};
        begin = entry.from.text.data();
        made = entry.from.made;
    }
    const auto offset = static_cast<std::size_t>(begin - text_.data());
    return {offset + span.first, offset + span.last};
}

}  // namespace tandem
