// What happens to a trial, in order. Events of one attempt carry sequence numbers 1, 2, 3, ... without gaps; a sink
// stores (trial, attempt, sequence) at most once and reports what is durable only after its commit.
// Thread rule: plain data; the sink says its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "engine/api/error.h"
#include "engine/api/observation.h"
#include "engine/api/report.h"
#include "engine/api/result.h"

namespace tandem {

enum class TrialState { queued, running, done, failed, cancelled };

template <>
struct EnumNames<TrialState> {
    static constexpr std::array<std::pair<TrialState, std::string_view>, 5> values{
        {{TrialState::queued, "queued"},
         {TrialState::running, "running"},
         {TrialState::done, "done"},
         {TrialState::failed, "failed"},
         {TrialState::cancelled, "cancelled"}}};
};

struct AttemptStarted {
    std::string target;            // the target's name
    std::string environment_json;  // facts of the machine and build that runs it, canonical JSON
};
struct LogLine {
    std::string text;
};
struct ArtefactProduced {
    std::string name;
    std::string media_type;
    std::vector<std::byte> bytes;
};
struct AttemptDone {
    Report report;
};
struct AttemptFailed {
    Error error;
};
struct AttemptCancelled {};

struct TrialEvent {
    std::string trial_id;      // 64 hex digits
    std::int64_t attempt = 1;  // 1, 2, ... for one trial
    std::uint64_t sequence = 1;
    std::int64_t wall_time_ms = 0;  // Unix time on the controller, for display only
    std::variant<AttemptStarted, Observation, LogLine, ArtefactProduced, AttemptDone, AttemptFailed, AttemptCancelled>
        body;
};

// Everything up to and including `sequence` of this attempt is on disk.
struct DurableMark {
    std::string trial_id;
    std::int64_t attempt = 1;
    std::uint64_t sequence = 0;
};

class EventSink {
public:
    virtual ~EventSink() = default;
    // Queues an event; blocks while the bounded queue is full. The error of an earlier failed commit is returned from
    // then on and nothing more is accepted. Any thread.
    virtual Result<void> submit(TrialEvent event) = 0;
    // Returns when everything submitted before is durable, or with the error that prevents it. Any thread.
    virtual Result<void> flush() = 0;
    // Set once before the first submit; called from the writer's thread after each commit.
    virtual void on_durable(std::function<void(const std::vector<DurableMark>&)> callback) = 0;
};

}  // namespace tandem
