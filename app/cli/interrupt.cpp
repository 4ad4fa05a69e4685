#include "app/cli/interrupt.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <utility>

namespace tandem::cli {
namespace {

// The only things a signal handler may touch.
std::atomic<int> event{-1};
std::atomic<bool> asked{false};

void on_signal(int signal) {
    const int saved = errno;
    if (asked.exchange(true)) {
        std::signal(signal, SIG_DFL);
        std::raise(signal);
    }
    const std::uint64_t one = 1;
    const ssize_t written = write(event.load(), &one, sizeof(one));
    (void)written;
    errno = saved;
}

void handle(int signal, void (*handler)(int)) {
    struct sigaction action {};
    action.sa_handler = handler;
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    sigaction(signal, &action, nullptr);
}

}  // namespace

Interrupts::Interrupts(std::function<void()> on_first) {
    asked = false;
    event = eventfd(0, EFD_CLOEXEC);
    watcher_ = std::jthread([this, on_first = std::move(on_first)](std::stop_token ending) {
        pollfd watched{.fd = event.load(), .events = POLLIN, .revents = 0};
        constexpr int look_every_ms = 200;
        while (!ending.stop_requested()) {
            if (poll(&watched, 1, look_every_ms) > 0) {
                stop_.request_stop();
                if (on_first) {
                    on_first();
                }
                return;
            }
        }
    });
    handle(SIGINT, &on_signal);
    handle(SIGTERM, &on_signal);
}

Interrupts::~Interrupts() {
    handle(SIGINT, SIG_DFL);
    handle(SIGTERM, SIG_DFL);
    watcher_.request_stop();
    watcher_.join();
    close(event.exchange(-1));
}

}  // namespace tandem::cli
