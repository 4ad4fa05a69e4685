// What a call costs, for tests that bound it: processor time of this process alone, since other tests may run beside
// it, and peak memory. Under sanitizers time is given more room and memory is not judged, as most of it is theirs.
// Thread rule: one thread at a time.
#pragma once

#include <sys/resource.h>

#include <ctime>

namespace tandem::test {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool sanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif
#else
inline constexpr bool sanitized = false;
#endif

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
