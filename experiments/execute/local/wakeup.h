// Wakes a poll loop from other threads: a stop request, and what the sink's writer made durable. Shared with the sink's
// callback, which may outlive the run. Thread rule: descriptor() and the take functions belong to the loop's thread,
// the others to any.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "engine/api/result.h"
#include "experiments/events/event.h"

namespace tandem {

class Wakeup {
public:
    static Result<std::shared_ptr<Wakeup>> create();
    ~Wakeup();
    Wakeup(const Wakeup&) = delete;
    Wakeup& operator=(const Wakeup&) = delete;

    void wake() const;
    void add(const std::vector<DurableMark>& marks);

    int descriptor() const { return descriptor_; }
    void drain() const;
    std::vector<DurableMark> take_marks();

private:
    explicit Wakeup(int descriptor) : descriptor_(descriptor) {}

    const int descriptor_;
    std::mutex mutex_;
    std::vector<DurableMark> marks_;
};

}  // namespace tandem
