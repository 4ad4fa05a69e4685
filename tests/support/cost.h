// What a call costs, for tests that bound it: processor time of this process alone, since other tests may run beside
// it, and peak memory. Under sanitizers time is given more room and memory is not judged, as most of it is theirs.
// Thread rule: one thread at a time.
#pragma once

#include <sys/resource.h>

#include <ctime>

#include "tests/support/sanitized.h"

namespace tandem::test {

class Cost {
public:
    double seconds() const {
        constexpr double room = sanitized ? 10 : 1;
        return static_cast<double>(std::clock() - start_) / CLOCKS_PER_SEC / room;
    }

    // By how much the process grew beyond what it ever had before; 0 under sanitizers.
    long kib() const { return sanitized ? 0 : peak_kib() - before_; }

private:
    static long peak_kib() {
        rusage usage{};
        getrusage(RUSAGE_SELF, &usage);
        return usage.ru_maxrss;
    }

    std::clock_t start_ = std::clock();
    long before_ = peak_kib();
};

}  // namespace tandem::test
