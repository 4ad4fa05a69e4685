#include "engine/tokenizer/pre_tokeniser.h"

#include <algorithm>

#include "engine/tokenizer/byte_alphabet.h"
#include "engine/tokenizer/split_marks.h"

namespace tandem {
namespace {

struct Span {
    std::size_t begin = 0;
    std::size_t end = 0;
    bool matched = false;
};

// The whole text as parts that matched and parts between them.
void cover(std::string_view text, const std::vector<Match>& matches, bool invert, std::vector<Span>& spans) {
    spans.clear();
    std::size_t done = 0;
    for (const Match& match : matches) {
        if (match.begin != done) {
            spans.push_back({done, match.begin, invert});
        }
        spans.push_back({match.begin, match.end, !invert});
        done = match.end;
    }
    if (done != text.size()) {
        spans.push_back({done, text.size(), invert});
    }
}

void merge(std::vector<Span>& spans, SplitBehaviour behaviour) {
    std::vector<Span> merged;
    bool previous = false;
    const auto join = [&](const Span& span) {
        const bool joins =
            behaviour == SplitBehaviour::contiguous ? span.matched == previous : span.matched && !previous;
        if (joins && !merged.empty()) {
            merged.back().begin = std::min(merged.back().begin, span.begin);
            merged.back().end = std::max(merged.back().end, span.end);
        } else {
            merged.push_back(span);
        }
        previous = span.matched;
    };
    if (behaviour == SplitBehaviour::merged_with_next) {
        std::for_each(spans.rbegin(), spans.rend(), join);
        std::reverse(merged.begin(), merged.end());
    } else {
        std::for_each(spans.begin(), spans.end(), join);
    }
    spans = std::move(merged);
}

class Splitter {
public:
    Splitter(const SplitStep& step, PieceStore& store, std::vector<Piece>& out)
        : step_(step), store_(store), out_(out) {}

    void add(const Piece& piece) {
        using Kind = SplitStep::Kind;
        switch (step_.kind) {
            case Kind::prefix_space:
                out_.push_back(piece.text.starts_with(' ') ? piece : prefixed(" ", piece));
                return;
            case Kind::metaspace:
                return add_metaspace(piece);
            case Kind::byte_alphabet:
                out_.push_back(keep(byte_alphabet::spelled(piece.text), piece,
                                    byte_alphabet::spelled(piece.text.substr(0, piece.leading)).size()));
                return;
            case Kind::scripts:
                split_marks::scripts(piece.text, matches_);
                return emit_matches(piece);
            case Kind::fixed_length:
                split_marks::fixed_length(piece.text, step_.length, matches_);
                return emit_matches(piece);
            case Kind::words:
                split_marks::words(piece.text, matches_);
                return emit_matches(piece);
            case Kind::grouped_digits:
                split_marks::grouped_digits(piece.text, matches_);
                break;
            case Kind::digits:
                split_marks::characters(piece.text, CharClasses::numeric, matches_);
                break;
            case Kind::punctuation:
                split_marks::characters(piece.text, CharClasses::punctuation, matches_);
                break;
            case Kind::whitespace:
                split_marks::characters(piece.text, CharClasses::whitespace, matches_);
                break;
            case Kind::pattern:
                if (step_.regex) {
                    step_.regex->find_all(piece.text, matches_);
                } else {
                    split_marks::literal(piece.text, step_.literal, matches_);
                }
                break;
        }
        emit(piece, step_.behaviour);
    }

private:
    Piece keep(std::string text, const Piece& from, std::size_t leading) {
        store_.push_back({.text = std::move(text), .from = from, .step = &step_});
        return {.text = store_.back().text, .leading = leading, .made = static_cast<std::int32_t>(store_.size()) - 1};
    }

    Piece prefixed(std::string_view prefix, const Piece& piece) {
        std::string text;
        text.reserve(prefix.size() + piece.text.size());
        text += prefix;
        text += piece.text;
        return keep(std::move(text), piece, piece.leading == 0 ? 0 : piece.leading + prefix.size());
    }

    void add_metaspace(const Piece& piece) {
        std::string text;
        text.reserve(piece.text.size() + piece.text.size() / 2 + step_.replacement.size());
        const bool prepends = step_.prepend == SplitStep::Prepend::always ||
                              (step_.prepend == SplitStep::Prepend::first && piece.leading > 0);
        if (prepends && !piece.text.starts_with(' ') && !piece.text.starts_with(step_.replacement)) {
            text += step_.replacement;
        }
        std::size_t leading = 0;
        for (std::size_t at = 0; at < piece.text.size(); ++at) {
            if (piece.text[at] == ' ') {
                text += step_.replacement;
            } else {
                text += piece.text[at];
            }
            if (at + 1 == piece.leading) {
                leading = text.size();
            }
        }
        const Piece whole = keep(std::move(text), piece, leading);
        if (!step_.split) {
            out_.push_back(whole);
            return;
        }
        split_marks::literal(whole.text, step_.replacement, matches_);
        emit(whole, SplitBehaviour::merged_with_next);
    }

    void put(const Piece& piece, std::size_t begin, std::size_t end) {
        if (begin != end) {
            out_.push_back({.text = piece.text.substr(begin, end - begin),
                            .leading = piece.leading > begin ? piece.leading - begin : 0,
                            .made = piece.made});
        }
    }

    // The matches are the pieces.
    void emit_matches(const Piece& piece) {
        for (const Match& match : matches_) {
            put(piece, match.begin, match.end);
        }
    }

    void emit(const Piece& piece, SplitBehaviour behaviour) {
        cover(piece.text, matches_, step_.invert, spans_);
        if (behaviour != SplitBehaviour::isolated && behaviour != SplitBehaviour::removed) {
            merge(spans_, behaviour);
        }
        for (const Span& span : spans_) {
            if (behaviour != SplitBehaviour::removed || !span.matched) {
                put(piece, span.begin, span.end);
            }
        }
    }

    const SplitStep& step_;
    PieceStore& store_;
    std::vector<Piece>& out_;
    std::vector<Match> matches_;
    std::vector<Span> spans_;
};

}  // namespace

void split_pieces(const std::vector<SplitStep>& steps, std::vector<Piece>& pieces, std::vector<Piece>& room,
                  PieceStore& store) {
    for (const SplitStep& step : steps) {
        room.clear();
        Splitter splitter(step, store, room);
        for (const Piece& piece : pieces) {
            splitter.add(piece);
        }
        pieces.swap(room);
    }
}

}  // namespace tandem
