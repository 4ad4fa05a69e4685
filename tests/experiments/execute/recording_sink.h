// A sink for executor tests: keeps every event in memory, marks them durable, checks their numbering, and fails on
// demand. Thread rule: any thread.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "experiments/events/event.h"

namespace tandem::execute_test {

class RecordingSink final : public EventSink {
public:
    Result<void> submit(TrialEvent event) override;
    Result<void> flush() override;
    void on_durable(std::function<void(const std::vector<DurableMark>&)> callback) override;

    // From the n-th event on every call fails as a full disk does.
    void fail_from(std::size_t n) { fail_from_ = n; }
    // Nothing is called durable any more, as by a disk that hangs before it fails.
    void withhold_marks() { marks_ = false; }

    std::vector<TrialEvent> events() const;
    std::vector<TrialEvent> events_of(const std::string& trial, std::int64_t attempt) const;
    std::int64_t attempts_of(const std::string& trial) const;
    // "started note log failed:WORKER_CRASHED": the story of one attempt, equal neighbours once.
    std::string story(const std::string& trial, std::int64_t attempt = 1) const;
    std::optional<Error> error_of(const std::string& trial, std::int64_t attempt = 1) const;
    std::string log_of(const std::string& trial, std::int64_t attempt = 1) const;
    // Empty where every attempt is numbered 1, 2, 3, ... and begins and ends once.
    std::string violation() const;

private:
    mutable std::mutex mutex_;
    std::vector<TrialEvent> events_;
    std::function<void(const std::vector<DurableMark>&)> callback_;
    std::optional<std::size_t> fail_from_;
    bool marks_ = true;
};

}  // namespace tandem::execute_test
