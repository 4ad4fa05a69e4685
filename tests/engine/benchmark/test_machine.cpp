#include <gtest/gtest.h>
#include <sys/mman.h>

#include <chrono>
#include <cstring>
#include <thread>

#include "engine/benchmark/clock.h"
#include "engine/benchmark/memory.h"

namespace tandem {
namespace {

using namespace std::chrono_literals;

TEST(Memory, a_line_of_a_status_file_is_read_in_bytes) {
    constexpr std::string_view status = "Name:\tVmHWM: 7 kB\nVmHWM:\t   12345 kB\nVmHWMx:\t 1 kB\nVmRSS:\t 8 kB";
    EXPECT_EQ(status_bytes(status, "VmHWM"), 12345 * 1024);
    EXPECT_EQ(status_bytes(status, "VmRSS"), 8 * 1024);
    EXPECT_EQ(status_bytes(status, "VmSwap"), std::nullopt);
    EXPECT_EQ(status_bytes("VmRSS:\t twelve kB\n", "VmRSS"), std::nullopt);
    EXPECT_EQ(status_bytes("VmRSS:\t 12 MB\n", "VmRSS"), std::nullopt);
    EXPECT_EQ(status_bytes("VmRSS:", "VmRSS"), std::nullopt);
    EXPECT_EQ(status_bytes("", "VmRSS"), std::nullopt);
}

TEST(Memory, the_peak_keeps_what_was_freed_until_it_is_reset) {
    constexpr std::size_t size = 64 << 20;
    const auto before = resident_bytes();
    ASSERT_TRUE(before.has_value());
    // Straight from the kernel and back: an allocator, that of a sanitizer above all, may keep what was freed.
    void* block = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(block, MAP_FAILED);
    std::memset(block, 1, size);
    ASSERT_EQ(munmap(block, size), 0);
    const auto peak = peak_resident_bytes();
    ASSERT_TRUE(peak.has_value());
    EXPECT_GE(*peak, *before + static_cast<std::int64_t>(size) * 9 / 10);
    if (reset_peak_resident()) {
        EXPECT_LT(*peak_resident_bytes(), *peak - static_cast<std::int64_t>(size) / 2);
    }
}

TEST(Clock, time_goes_forward) {
    const SteadyClock clock;
    const std::int64_t first = clock.now_ns();
    EXPECT_GE(first, 0);
    std::this_thread::sleep_for(2ms);
    EXPECT_GE(clock.now_ns(), first + 2'000'000);
}

TEST(Clock, a_pause_lasts_as_long_as_it_says) {
    const SteadyClock clock;
    EXPECT_TRUE(pause_for(20ms, {}));
    EXPECT_GE(clock.now_ns(), 20'000'000);
}

TEST(Clock, a_pause_ends_at_once_when_asked_to_stop) {
    const SteadyClock clock;
    std::stop_source source;
    const std::jthread stopper([&] {
        std::this_thread::sleep_for(20ms);
        source.request_stop();
    });
    EXPECT_FALSE(pause_for(1h, source.get_token()));
    EXPECT_LT(clock.now_ns(), 5'000'000'000);
}

}  // namespace
}  // namespace tandem
