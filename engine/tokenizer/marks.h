// Places in a text that are followed while the text is changed: how many bytes of the result come from the first so
// many of the original. Ascending; a 0 stays 0. One of them for "how much is the first character", one for each
// character where tokens' spans are wanted. Thread rule: plain data.
#pragma once

#include <algorithm>
#include <span>
#include <string_view>
#include <vector>

#include "engine/tokenizer/unicode.h"

namespace tandem {

using Marks = std::vector<std::size_t>;

// Moves marks along one after another while a step writes its result.
class MarkMover {
public:
    explicit MarkMover(Marks& marks) : marks_(marks) {
        while (next_ < marks_.size() && marks_[next_] == 0) {
            ++next_;
        }
    }

    // Places before `end` of the text have `written` bytes of the result before them.
    void to(std::size_t end, std::size_t written) {
        while (next_ < marks_.size() && marks_[next_] < end) {
            marks_[next_++] = written;
        }
    }

    // The text's bytes from `begin` to `end` are copied behind `written` bytes.
    void copied(std::size_t begin, std::size_t end, std::size_t written) {
        while (next_ < marks_.size() && marks_[next_] < end) {
            marks_[next_] = written + std::max(marks_[next_], begin) - begin;
            ++next_;
        }
    }

    // The text's characters `from`, which begin at `begin`, become those of `to` behind `written` bytes: one for one,
    // but that the first of `to` has `joined` more of `from`; what is left over of either goes with its last.
    void replaced(std::size_t begin, std::string_view from, std::string_view to, std::size_t written,
                  std::size_t joined = 0) {
        std::size_t in = 0;
        std::size_t out = 0;
        std::size_t waiting = 0;
        while (in < from.size()) {
            in += unicode::char_size(from[in]);
            this->to(begin + std::min(in, from.size()), written + out);
            if (waiting > 0) {
                --waiting;
                continue;
            }
            waiting = out == 0 ? joined : 0;
            out = std::min(out >= to.size() ? to.size() : out + unicode::char_size(to[out]), to.size());
        }
    }

    void end(std::size_t written) { to(static_cast<std::size_t>(-1), written); }

private:
    Marks& marks_;
    std::size_t next_ = 0;
};

}  // namespace tandem
