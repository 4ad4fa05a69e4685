// Whether this build is slowed down by a sanitizer, and how much of a long test is run. Thread rule: stateless.
#pragma once

#include <cstdlib>

namespace tandem::test {

// A build under AddressSanitizer or ThreadSanitizer: several times slower, so long repetitions are fewer there.
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

// $TANDEM_TEST_KILLS, for a run of thousands by hand.
inline int kills_wanted(int otherwise) {
    const char* wanted = std::getenv("TANDEM_TEST_KILLS");
    const int number = wanted == nullptr ? 0 : std::atoi(wanted);
    return number > 0 ? number : otherwise;
}

}  // namespace tandem::test
