#include "engine/run_null.h"

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace tandem {
namespace {

using Clock = std::chrono::steady_clock;

std::int64_t nanoseconds_since(Clock::time_point start) {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - start).count();
}

// True where the pause was cut short by the stop token.
bool pause(std::chrono::microseconds length, const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait_for(lock, stop, length, [] { return false; });
    return stop.stop_requested();
}

MetricSummary one_sample(std::string name, double value) {
    return {.name = std::move(name),
            .n = 1,
            .mean = value,
            .sd = {},
            .ci95_low = {},
            .ci95_high = {},
            .p50 = value,
            .p90 = {},
            .min = value,
            .max = value,
            .samples = {value}};
}

}  // namespace

Result<Report> run_null(const NullWorkload& workload, Observer& observer, std::stop_token stop) {
    const auto start = Clock::now();
    for (std::int64_t index = 0; index < workload.observations; ++index) {
        const bool stopped = workload.interval_us > 0 ? pause(std::chrono::microseconds(workload.interval_us), stop)
                                                      : stop.stop_requested();
        if (stopped) {
            return Error{.code = "CANCELLED",
                         .message = "the trial was cancelled after " + std::to_string(index) + " of " +
                                    std::to_string(workload.observations) + " observations; those sent are kept",
                         .kind = ErrorKind::cancelled};
        }
        observer.observe({.kind = ObservationKind::sample,
                          .time_ns = nanoseconds_since(start),
                          .repetition = 0,
                          .index = index,
                          .name = "null",
                          .value = static_cast<double>(index),
                          .text = {}});
    }
    Report report;
    constexpr double nanoseconds_per_millisecond = 1e6;
    report.metrics.push_back(
        one_sample("end_to_end_ms", static_cast<double>(nanoseconds_since(start)) / nanoseconds_per_millisecond));
    report.facts.push_back({"observations", std::to_string(workload.observations)});
    return report;
}

}  // namespace tandem
