// Ctrl-C and SIGTERM: the first asks everything to finish cleanly, the second ends the program at once.
// Thread rule: one Interrupts in a program, made on the main thread before others start.
#pragma once

#include <functional>
#include <stop_token>
#include <thread>

namespace tandem::cli {

class Interrupts {
public:
    // `on_first` is called once, from a thread of its own, when the first signal came.
    explicit Interrupts(std::function<void()> on_first = {});
    ~Interrupts();
    Interrupts(const Interrupts&) = delete;
    Interrupts& operator=(const Interrupts&) = delete;

    std::stop_token token() const { return stop_.get_token(); }
    bool requested() const { return stop_.stop_requested(); }

private:
    std::stop_source stop_;
    std::jthread watcher_;
};

}  // namespace tandem::cli
