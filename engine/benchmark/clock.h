// Time as it is passed in: measurements read a Clock, so that tests can turn it by hand. Thread rule: now_ns() may be
// called from any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <stop_token>

namespace tandem {

class Clock {
public:
    virtual ~Clock() = default;
    // Nanoseconds since the clock's own beginning; never goes back.
    virtual std::int64_t now_ns() const = 0;
};

// The kernel's monotonic clock, counted from construction. Not moved by changes of the wall clock.
class SteadyClock : public Clock {
public:
    std::int64_t now_ns() const override {
        return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - began_).count();
    }

private:
    std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

// Waits; false if it was woken early by a stop request.
bool pause_for(std::chrono::milliseconds duration, const std::stop_token& stop);

}  // namespace tandem
