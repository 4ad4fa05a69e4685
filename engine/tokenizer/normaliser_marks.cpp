#include "engine/tokenizer/normaliser_marks.h"

#include "engine/tokenizer/graphemes.h"
#include "engine/tokenizer/split_marks.h"

namespace tandem {
namespace {

// Where the part of a text that a step changes on its own ends, if it begins at `at`.
std::size_t part_end(const NormaliseStep& step, std::string_view text, std::size_t at) {
    if (step.kind == NormaliseStep::Kind::form) {
        return form_part_end(text, at, step.form);
    }
    if (step.kind == NormaliseStep::Kind::charsmap) {
        const auto ascii = [&](std::size_t i) { return static_cast<unsigned char>(text[i]) < 0x80; };
        const bool alone = ascii(at) && text[at] != '\r' && (at + 1 == text.size() || ascii(at + 1));
        return alone ? at + 1 : grapheme_end(text, at);
    }
    return std::min(text.size(), at + unicode::char_size(text[at]));
}

std::size_t characters(std::string_view text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

void change_parts(const NormaliseStep& step, std::string& text, Marks& marks) {
    const Normaliser alone{step};
    std::string result;
    MarkMover mover(marks);
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = part_end(step, text, at);
        const std::string_view part = std::string_view(text).substr(at, end - at);
        const std::string changed = normalise(alone, part);
        mover.to(at + 1, result.size());
        // Composing joins what follows with the first character.
        const std::size_t joined = step.kind == NormaliseStep::Kind::form
                                       ? characters(part) - std::min(characters(part), characters(changed))
                                       : 0;
        mover.replaced(at, part, changed, result.size(), joined);
        result += changed;
        at = end;
    }
    mover.end(result.size());
    text = std::move(result);
}

// What is put in stands where the last character that goes stood.
void replace_matches(const NormaliseStep& step, std::string& text, Marks& marks) {
    std::vector<Match> matches;
    if (step.regex != nullptr) {
        step.regex->find_all(text, matches);
    } else if (!step.pattern.empty()) {
        split_marks::literal(text, step.pattern, matches);
    }
    std::string result;
    std::size_t done = 0;
    MarkMover mover(marks);
    for (const Match& match : matches) {
        mover.copied(done, match.begin, result.size());
        result += std::string_view(text).substr(done, match.begin - done);
        mover.to(match.end, result.size());
        result += step.content;
        done = match.end;
    }
    mover.copied(done, text.size(), result.size());
    result += std::string_view(text).substr(done);
    mover.end(result.size());
    text = std::move(result);
}

void strip(const NormaliseStep& step, std::string& text, Marks& marks) {
    NormaliseStep left = step;
    left.strip_right = false;
    const std::size_t begin = text.size() - normalise({left}, text).size();
    text = normalise({step}, text);
    for (std::size_t& mark : marks) {
        mark = std::min(mark - std::min(mark, begin), text.size());
    }
}

}  // namespace

void normalise_marked(const Normaliser& steps, std::string& text, Marks& marks) {
    using Kind = NormaliseStep::Kind;
    for (const NormaliseStep& step : steps) {
        if (text.empty()) {
            break;
        }
        switch (step.kind) {
            case Kind::prepend:
                text.insert(0, step.content);
                for (std::size_t& mark : marks) {
                    mark += mark == 0 ? 0 : step.content.size();
                }
                break;
            case Kind::strip:
                strip(step, text, marks);
                break;
            case Kind::replace:
                replace_matches(step, text, marks);
                break;
            default:
                change_parts(step, text, marks);
        }
    }
}

}  // namespace tandem
