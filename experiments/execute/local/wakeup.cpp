#include "experiments/execute/local/wakeup.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <system_error>
#include <utility>

namespace tandem {

Result<std::shared_ptr<Wakeup>> Wakeup::create() {
    const int descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (descriptor < 0) {
        return Error{.code = "EXECUTE_IO",
                     .message = "cannot make an event descriptor (" + std::generic_category().message(errno) +
                                "); nothing was run",
                     .kind = ErrorKind::io};
    }
    return std::shared_ptr<Wakeup>(new Wakeup(descriptor));
}

Wakeup::~Wakeup() {
    close(descriptor_);
}

// The only failure is a counter that is full already, and then the loop wakes anyway.
void Wakeup::wake() const {
    const std::uint64_t one = 1;
    (void)!write(descriptor_, &one, sizeof one);
}

void Wakeup::add(const std::vector<DurableMark>& marks) {
    {
        const std::lock_guard lock(mutex_);
        for (const DurableMark& mark : marks) {
            const bool same =
                !marks_.empty() && marks_.back().attempt == mark.attempt && marks_.back().trial_id == mark.trial_id;
            if (same) {
                marks_.back().sequence = std::max(marks_.back().sequence, mark.sequence);
            } else {
                marks_.push_back(mark);
            }
        }
    }
    wake();
}

void Wakeup::drain() const {
    std::uint64_t count = 0;
    (void)!read(descriptor_, &count, sizeof count);
}

std::vector<DurableMark> Wakeup::take_marks() {
    const std::lock_guard lock(mutex_);
    return std::exchange(marks_, {});
}

}  // namespace tandem
