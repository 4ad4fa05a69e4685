// One line at the bottom of stderr that is drawn over again while something long goes on. Where stderr is no terminal
// it becomes a plain line every few seconds. Thread rule: any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

namespace tandem::cli {

class StatusLine {
public:
    StatusLine();
    ~StatusLine();  // clears it
    StatusLine(const StatusLine&) = delete;
    StatusLine& operator=(const StatusLine&) = delete;

    // Shown at most ten times a second, or every five seconds without a terminal.
    void show(const std::string& text);
    // A whole line that stays, above the status.
    void print(const std::string& line);
    void clear();

private:
    void draw(const std::string& text);

    std::mutex mutex_;
    const bool terminal_;
    bool drawn_ = false;
    std::string shown_;
    std::optional<std::chrono::steady_clock::time_point> last_;
    const std::chrono::steady_clock::time_point begun_;
};

// "[#######-------]  50%"; without a terminal only the number.
std::string progress_bar(double fraction, int columns);
// "1 m 20 s".
std::string show_seconds(double seconds);

// A bar with bytes, rate and time left, for downloads and the reading of large files.
class BytesProgress {
public:
    explicit BytesProgress(StatusLine& line) : line_(line) {}
    void update(const std::string& what, std::int64_t done_bytes, std::int64_t total_bytes);

private:
    StatusLine& line_;
    std::string what_;
    std::chrono::steady_clock::time_point since_;
    std::int64_t done_at_start_ = 0;
};

}  // namespace tandem::cli
