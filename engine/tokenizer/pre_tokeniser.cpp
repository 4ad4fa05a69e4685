#include "engine/tokenizer/pre_tokeniser.h"

#include <algorithm>

#include "engine/tokenizer/unicode.h"

namespace tandem {
namespace {

struct Span {
    std::size_t begin = 0;
    std::size_t end = 0;
    bool matched = false;
};

void literal_matches(std::string_view text, std::string_view literal, std::vector<Match>& matches) {
    matches.clear();
    if (literal.empty()) {
        return;
    }
    for (std::size_t at = text.find(literal); at != std::string_view::npos; at = text.find(literal, at)) {
        matches.push_back({.begin = at, .end = at + literal.size()});
        at += literal.size();
    }
}

void digit_matches(std::string_view text, std::vector<Match>& matches) {
    matches.clear();
    for (std::size_t at = 0; at < text.size();) {
        const unicode::Char c = unicode::first_char(text.substr(at));
        if (c.code < 0x80 ? (c.code >= '0' && c.code <= '9') : unicode::is_numeric(c.code)) {
            matches.push_back({.begin = at, .end = at + c.size});
        }
        at += c.size;
    }
}

// Runs of digits in groups of three, counted from their end.
void group_matches(std::string_view text, std::vector<Match>& matches) {
    std::vector<Match> digits;
    digit_matches(text, digits);
    matches.clear();
    for (std::size_t i = 0; i < digits.size();) {
        std::size_t end = i + 1;
        while (end < digits.size() && digits[end].begin == digits[end - 1].end) {
            ++end;
        }
        for (std::size_t size = (end - i) % 3 == 0 ? 3 : (end - i) % 3; i < end; i += size, size = 3) {
            matches.push_back({.begin = digits[i].begin, .end = digits[i + size - 1].end});
        }
    }
}

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
        switch (step_.kind) {
            case SplitStep::Kind::prefix_space:
                out_.push_back(piece.text.starts_with(' ') ? piece : prefixed(" ", piece));
                return;
            case SplitStep::Kind::digits:
                digit_matches(piece.text, matches_);
                break;
            case SplitStep::Kind::grouped_digits:
                group_matches(piece.text, matches_);
                break;
            case SplitStep::Kind::spelled_bytes:
                break;
            case SplitStep::Kind::metaspace:
                return add_metaspace(piece);
            case SplitStep::Kind::pattern:
                if (step_.regex) {
                    step_.regex->find_all(piece.text, matches_);
                } else {
                    literal_matches(piece.text, step_.literal, matches_);
                }
                break;
        }
        emit(piece, step_.behaviour);
    }

private:
    Piece keep(std::string text, bool at_start) {
        store_.push_back(std::move(text));
        return {.text = store_.back(), .at_start = at_start};
    }

    Piece prefixed(std::string_view prefix, const Piece& piece) {
        return keep(std::string(prefix) + std::string(piece.text), piece.at_start);
    }

    void add_metaspace(const Piece& piece) {
        std::string text;
        for (const char c : piece.text) {
            if (c == ' ') {
                text += step_.replacement;
            } else {
                text += c;
            }
        }
        const bool prepends = step_.prepend == SplitStep::Prepend::always ||
                              (step_.prepend == SplitStep::Prepend::first && piece.at_start);
        if (prepends && !text.starts_with(step_.replacement)) {
            text.insert(0, step_.replacement);
        }
        const Piece whole = keep(std::move(text), piece.at_start);
        if (!step_.split) {
            out_.push_back(whole);
            return;
        }
        literal_matches(whole.text, step_.replacement, matches_);
        emit(whole, SplitBehaviour::merged_with_next);
    }

    void emit(const Piece& piece, SplitBehaviour behaviour) {
        cover(piece.text, matches_, step_.invert, spans_);
        if (behaviour != SplitBehaviour::isolated && behaviour != SplitBehaviour::removed) {
            merge(spans_, behaviour);
        }
        for (const Span& span : spans_) {
            const bool removed = behaviour == SplitBehaviour::removed && span.matched;
            if (span.begin != span.end && !removed) {
                out_.push_back({.text = piece.text.substr(span.begin, span.end - span.begin),
                                .at_start = piece.at_start && span.begin == 0});
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

void split_pieces(const std::vector<SplitStep>& steps, std::vector<Piece>& pieces, PieceStore& store) {
    std::vector<Piece> next;
    for (const SplitStep& step : steps) {
        next.clear();
        Splitter splitter(step, store, next);
        for (const Piece& piece : pieces) {
            splitter.add(piece);
        }
        pieces.swap(next);
    }
}

}  // namespace tandem
