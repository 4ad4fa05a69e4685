#include "app/cli/status_line.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "app/cli/terminal.h"
#include "app/report/text_width.h"
#include "experiments/plan/estimate.h"

namespace tandem::cli {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
constexpr milliseconds redraw_every{100};
constexpr milliseconds line_every{5000};
constexpr milliseconds first_line_after{1000};  // what takes less needs no line

}  // namespace

StatusLine::StatusLine() : terminal_(is_terminal(Stream::err)), begun_(Clock::now()) {}

StatusLine::~StatusLine() {
    clear();
}

void StatusLine::show(const std::string& text) {
    const std::lock_guard lock(mutex_);
    const auto now = Clock::now();
    if (terminal_) {
        if (!last_ || now - *last_ >= redraw_every) {
            last_ = now;
            draw(text);
        }
        return;
    }
    const auto due = last_ ? *last_ + line_every : begun_ + first_line_after;
    if (now >= due && text != shown_) {
        last_ = now;
        shown_ = text;
        std::fprintf(stderr, "%s\n", text.c_str());
    }
}

void StatusLine::print(const std::string& line) {
    const std::lock_guard lock(mutex_);
    if (drawn_) {
        std::fputs("\r\033[K", stderr);
    }
    std::fprintf(stderr, "%s\n", line.c_str());
    if (drawn_) {
        drawn_ = false;
        draw(shown_);
    }
}

void StatusLine::clear() {
    const std::lock_guard lock(mutex_);
    if (drawn_) {
        std::fputs("\r\033[K", stderr);
        std::fflush(stderr);
        drawn_ = false;
    }
}

void StatusLine::draw(const std::string& text) {
    shown_ = text;
    drawn_ = true;
    std::fprintf(stderr, "\r\033[K%s",
                 report::cut_to_width(text, static_cast<std::size_t>(terminal_width() - 1)).c_str());
    std::fflush(stderr);
}

std::string progress_bar(double fraction, int columns) {
    fraction = std::clamp(std::isfinite(fraction) ? fraction : 0.0, 0.0, 1.0);
    const std::string percent = std::to_string(static_cast<int>(std::floor(fraction * 100))) + "%";
    if (!is_terminal(Stream::err)) {
        return percent;
    }
    const auto filled = static_cast<std::size_t>(std::lround(fraction * columns));
    return "[" + std::string(filled, '#') + std::string(static_cast<std::size_t>(columns) - filled, '-') + "] " +
           percent;
}

std::string show_seconds(double seconds) {
    if (!std::isfinite(seconds) || seconds < 0) {
        return "?";
    }
    constexpr double minute = 60, hour = 3600, day = 86400;
    char text[64];
    if (seconds < 10) {
        (void)std::snprintf(text, sizeof(text), "%.1f s", seconds);
    } else if (seconds < minute) {
        (void)std::snprintf(text, sizeof(text), "%.0f s", seconds);
    } else if (seconds < hour) {
        (void)std::snprintf(text, sizeof(text), "%.0f m %02.0f s", std::floor(seconds / minute),
                            std::floor(std::fmod(seconds, minute)));
    } else if (seconds < day) {
        (void)std::snprintf(text, sizeof(text), "%.0f h %02.0f m", std::floor(seconds / hour),
                            std::floor(std::fmod(seconds, hour) / minute));
    } else {
        (void)std::snprintf(text, sizeof(text), "%.0f d %02.0f h", std::floor(seconds / day),
                            std::floor(std::fmod(seconds, day) / hour));
    }
    return text;
}

void BytesProgress::update(const std::string& what, std::int64_t done_bytes, std::int64_t total_bytes) {
    const auto now = Clock::now();
    if (what != what_) {
        what_ = what;
        since_ = now;
        done_at_start_ = done_bytes;
    }
    const double elapsed = std::chrono::duration<double>(now - since_).count();
    const double rate = elapsed > 0.5 ? static_cast<double>(done_bytes - done_at_start_) / elapsed : 0;
    std::string text = what + "  ";
    constexpr int bar_columns = 24;
    if (total_bytes > 0) {
        text += progress_bar(static_cast<double>(done_bytes) / static_cast<double>(total_bytes), bar_columns) + "  " +
                show_bytes(done_bytes) + " of " + show_bytes(total_bytes);
    } else {
        text += show_bytes(done_bytes);
    }
    if (rate > 0) {
        text += "  " + show_bytes(static_cast<std::int64_t>(rate)) + "/s";
        if (total_bytes > done_bytes) {
            text += "  " + show_seconds(static_cast<double>(total_bytes - done_bytes) / rate) + " left";
        }
    }
    line_.show(text);
}

}  // namespace tandem::cli
