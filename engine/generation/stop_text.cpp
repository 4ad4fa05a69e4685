#include "engine/generation/stop_text.h"

#include <algorithm>
#include <utility>

namespace tandem {
namespace {

// Bytes at the end of `text` that are the beginning, but not the whole, of `stop`.
std::size_t open_beginning(std::string_view text, std::string_view stop) {
    std::size_t length = std::min(text.size(), stop.size() - 1);
    while (length > 0 && !text.ends_with(stop.substr(0, length))) {
        --length;
    }
    return length;
}

}  // namespace

std::string StopText::push(std::string_view piece) {
    if (hit_) {
        return {};
    }
    held_ += piece;
    std::size_t first_end = std::string::npos;
    std::size_t begin = 0;
    std::size_t open = 0;
    for (const std::string& stop : stops_) {
        const std::size_t found = held_.find(stop);
        if (found == std::string::npos) {
            open = std::max(open, open_beginning(held_, stop));
            continue;
        }
        const std::size_t end = found + stop.size();
        if (end < first_end || (end == first_end && found < begin)) {
            first_end = end;
            begin = found;
        }
    }
    if (first_end != std::string::npos) {
        hit_ = true;
        held_.resize(begin);
        return std::exchange(held_, {});
    }
    std::string released = held_.substr(0, held_.size() - open);
    held_.erase(0, released.size());
    return released;
}

std::string StopText::finish() {
    return std::exchange(held_, {});
}

}  // namespace tandem
