#include "engine/tokenizer/decoder.h"

#include <array>
#include <utility>

#include "engine/api/utf8.h"
#include "engine/tokenizer/byte_alphabet.h"
#include "engine/tokenizer/normaliser.h"
#include "engine/tokenizer/unicode.h"

namespace tandem {
namespace {

int hex_digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// English as it is written: the reference's list, in its order.
std::string cleaned_up(std::string text) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 11> changes{{{" .", "."},
                                                                                     {" ?", "?"},
                                                                                     {" !", "!"},
                                                                                     {" ,", ","},
                                                                                     {" ' ", "'"},
                                                                                     {" n't", "n't"},
                                                                                     {" 'm", "'m"},
                                                                                     {" do not", " don't"},
                                                                                     {" 's", "'s"},
                                                                                     {" 've", "'ve"},
                                                                                     {" 're", "'re"}}};
    for (const auto& [from, to] : changes) {
        if (text.find(from) != std::string::npos) {
            text = replace_all(text, from, nullptr, to);
        }
    }
    return text;
}

std::string ctc_text(const DecodeStep& step, std::string_view token) {
    std::string text = replace_all(token, step.pattern, nullptr, "");
    return step.clean_up ? replace_all(cleaned_up(std::move(text)), step.content, nullptr, " ") : text;
}

// Whether a fused text can be replaced in part by part: nothing straddles two parts.
bool replaces_in_parts(const DecodeStep& step) {
    return !step.regex && (step.pattern.empty() || unicode::char_size(step.pattern[0]) == step.pattern.size());
}

}  // namespace

std::optional<std::uint8_t> fallback_byte(std::string_view token) {
    if (token.size() != 6 || !token.starts_with("<0x") || token[5] != '>') {
        return std::nullopt;
    }
    // The reference's number reader takes a plus sign.
    const int high = token[3] == '+' ? 0 : hex_digit(token[3]);
    const int low = hex_digit(token[4]);
    if (high < 0 || low < 0) {
        return std::nullopt;
    }
    return static_cast<std::uint8_t>(high * 16 + low);
}

DecodeRun::DecodeRun(const Decoder& decoder) {
    bool fused = false;
    for (const DecodeStep& step : decoder) {
        stages_.push_back({.step = &step, .fused = fused});
        fused = fused || step.kind == DecodeStep::Kind::fuse || step.kind == DecodeStep::Kind::byte_level ||
                step.kind == DecodeStep::Kind::join;
    }
}

std::string DecodeRun::push(std::string_view token) {
    std::string out;
    feed(0, token, out);
    return out;
}

std::string DecodeRun::finish() {
    std::string out;
    for (std::size_t i = 0; i < stages_.size(); ++i) {
        end(i, out);
    }
    return out;
}

void DecodeRun::feed(std::size_t index, std::string_view token, std::string& out) {
    if (index == stages_.size()) {
        out += token;
        return;
    }
    Stage& stage = stages_[index];
    switch (stage.step->kind) {
        case DecodeStep::Kind::fuse:
            return feed(index + 1, token, out);
        case DecodeStep::Kind::join:
            if (stage.started) {
                feed(index + 1, " ", out);
            }
            stage.started = true;
            return feed(index + 1, token, out);
        case DecodeStep::Kind::byte_level:
            return byte_level(index, token, out);
        case DecodeStep::Kind::byte_fallback:
            return byte_fallback(index, token, out);
        case DecodeStep::Kind::replace:
            return replace(index, token, out);
        case DecodeStep::Kind::strip:
            return strip(index, token, out);
        case DecodeStep::Kind::metaspace:
            return metaspace(index, token, out);
        case DecodeStep::Kind::word_piece:
            return word_piece(index, token, out);
        case DecodeStep::Kind::word_end:
            return word_end(index, token, out);
        case DecodeStep::Kind::ctc:
            return ctc(index, token, out);
    }
}

void DecodeRun::byte_level(std::size_t index, std::string_view token, std::string& out) {
    std::string& held = stages_[index].held;
    if (stages_[index].fused) {
        held += token;  // one token: whether all of it is of the alphabet shows at its end
        return;
    }
    if (auto bytes = byte_alphabet::unspelled(token)) {
        held += *bytes;
    } else {
        held += token;
    }
    const std::size_t whole = held.size() - unicode::unfinished_tail(held);
    if (whole > 0) {
        const std::string text = unicode::valid_utf8(std::string_view(held).substr(0, whole));
        held.erase(0, whole);
        feed(index + 1, text, out);
    }
}

void DecodeRun::release_bytes(std::size_t index, std::string& out) {
    std::string bytes;
    bytes.swap(stages_[index].held);
    if (bytes.empty()) {
        return;
    }
    if (!find_invalid_utf8(bytes)) {
        return feed(index + 1, bytes, out);
    }
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        feed(index + 1, "\xEF\xBF\xBD", out);
    }
}

void DecodeRun::byte_fallback(std::size_t index, std::string_view token, std::string& out) {
    if (stages_[index].fused) {
        stages_[index].held += token;
        return;
    }
    if (const auto byte = fallback_byte(token)) {
        stages_[index].held += static_cast<char>(*byte);
        return;
    }
    release_bytes(index, out);
    feed(index + 1, token, out);
}

void DecodeRun::replace(std::size_t index, std::string_view token, std::string& out) {
    Stage& stage = stages_[index];
    const DecodeStep& step = *stage.step;
    if (stage.fused && !replaces_in_parts(step)) {
        stage.held += token;
        return;
    }
    feed(index + 1, replace_all(token, step.pattern, step.regex.get(), step.content), out);
}

// Up to `from_start` of the character at the start and `from_end` at the end, of each token or of the fused text. Of a
// token that is nothing else the start takes its share first.
void DecodeRun::strip(std::size_t index, std::string_view token, std::string& out) {
    Stage& stage = stages_[index];
    const DecodeStep& step = *stage.step;
    const std::string_view unit = step.pattern;
    if (!stage.fused) {
        stage.stripped = 0;
        stage.started = false;
    }
    while (!stage.started && stage.stripped < step.from_start && token.starts_with(unit)) {
        token.remove_prefix(unit.size());
        ++stage.stripped;
    }
    stage.started = stage.started || !token.empty() || stage.stripped >= step.from_start;
    if (!stage.fused) {
        for (std::size_t i = 0; i < step.from_end && token.ends_with(unit); ++i) {
            token.remove_suffix(unit.size());
        }
        return feed(index + 1, token, out);
    }
    // The end of a fused text is not known yet: what may have to go waits.
    std::string text = std::move(stage.held);
    stage.held.clear();
    text += token;
    std::size_t keep = text.size();
    for (std::size_t i = 0; i < step.from_end && std::string_view(text).substr(0, keep).ends_with(unit); ++i) {
        keep -= unit.size();
    }
    stage.held = text.substr(keep);
    if (keep > 0) {
        feed(index + 1, std::string_view(text).substr(0, keep), out);
    }
}

void DecodeRun::metaspace(std::size_t index, std::string_view token, std::string& out) {
    Stage& stage = stages_[index];
    const DecodeStep& step = *stage.step;
    const bool drops = step.drop_first && (stage.fused || !stage.started);
    stage.started = true;
    feed(index + 1, replace_all(token, step.pattern, nullptr, drops ? "" : " "), out);
}

void DecodeRun::word_piece(std::size_t index, std::string_view token, std::string& out) {
    Stage& stage = stages_[index];
    const DecodeStep& step = *stage.step;
    if (stage.fused && step.clean_up) {
        stage.held += token;
        return;
    }
    std::string text;
    if (stage.started && !stage.fused) {
        if (token.starts_with(step.pattern)) {
            token.remove_prefix(step.pattern.size());
        } else {
            text = ' ';
        }
    }
    stage.started = true;
    text += token;
    feed(index + 1, step.clean_up ? cleaned_up(std::move(text)) : text, out);
}

void DecodeRun::word_end(std::size_t index, std::string_view token, std::string& out) {
    Stage& stage = stages_[index];
    if (stage.fused) {
        stage.held += token;
        return;
    }
    // Whether a token is the last one shows with the next.
    std::string before;
    before.swap(stage.held);
    stage.held = token;
    if (stage.started) {
        feed(index + 1, replace_all(before, stage.step->pattern, nullptr, " "), out);
    }
    stage.started = true;
}

void DecodeRun::ctc(std::size_t index, std::string_view token, std::string& out) {
    Stage& stage = stages_[index];
    const DecodeStep& step = *stage.step;
    if (stage.fused) {
        stage.held += token;
        return;
    }
    if (stage.started && stage.held == token) {
        return;
    }
    stage.held = token;
    stage.started = true;
    if (const std::string text = ctc_text(step, token); !text.empty()) {
        feed(index + 1, text, out);
    }
}

void DecodeRun::end(std::size_t index, std::string& out) {
    Stage& stage = stages_[index];
    const DecodeStep& step = *stage.step;
    std::string held;
    switch (step.kind) {
        case DecodeStep::Kind::byte_fallback:
            if (!stage.fused) {
                return release_bytes(index, out);
            }
            held.swap(stage.held);
            if (const auto byte = fallback_byte(held)) {
                held = unicode::valid_utf8(std::string(1, static_cast<char>(*byte)));
            }
            return feed(index + 1, held, out);
        case DecodeStep::Kind::byte_level:
            held.swap(stage.held);
            if (stage.fused) {
                held = byte_alphabet::unspelled(held).value_or(held);
            }
            if (!held.empty()) {
                feed(index + 1, unicode::valid_utf8(held), out);
            }
            return;
        case DecodeStep::Kind::replace:
            held.swap(stage.held);
            if (!held.empty()) {
                feed(index + 1, replace_all(held, step.pattern, step.regex.get(), step.content), out);
            }
            return;
        case DecodeStep::Kind::word_piece:
            held.swap(stage.held);
            if (!held.empty()) {
                feed(index + 1, cleaned_up(std::move(held)), out);
            }
            return;
        case DecodeStep::Kind::word_end:
            held.swap(stage.held);
            if (!held.empty()) {
                feed(index + 1, replace_all(held, step.pattern, nullptr, ""), out);
            }
            return;
        case DecodeStep::Kind::ctc:
            held.swap(stage.held);
            if (stage.fused && !held.empty()) {
                feed(index + 1, ctc_text(step, held), out);
            }
            return;
        default:
            return;  // what strip holds goes
    }
}

}  // namespace tandem
