// A clock that goes one millisecond further each time it is read. Thread rule: one thread at a time.
#pragma once

#include "engine/benchmark/clock.h"

namespace tandem::test {

class SteppingClock : public Clock {
public:
    std::int64_t now_ns() const override { return now_ns_ += 1'000'000; }

private:
    mutable std::int64_t now_ns_ = 0;
};

}  // namespace tandem::test
