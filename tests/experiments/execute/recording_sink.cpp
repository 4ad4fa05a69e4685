#include "tests/experiments/execute/recording_sink.h"

namespace tandem::execute_test {
namespace {

const Error disk_full{.code = "DB_FULL", .message = "the disk is full", .where = "results.db", .kind = ErrorKind::io};

std::string word(const TrialEvent& event) {
    if (const auto* observation = std::get_if<Observation>(&event.body)) {
        return std::string(enum_name(observation->kind));
    }
    if (const auto* failed = std::get_if<AttemptFailed>(&event.body)) {
        return "failed:" + failed->error.code;
    }
    return std::holds_alternative<AttemptStarted>(event.body)     ? "started"
           : std::holds_alternative<LogLine>(event.body)          ? "log"
           : std::holds_alternative<ArtefactProduced>(event.body) ? "artefact"
           : std::holds_alternative<AttemptDone>(event.body)      ? "done"
                                                                  : "cancelled";
}

bool is_end(const TrialEvent& event) {
    return std::holds_alternative<AttemptDone>(event.body) || std::holds_alternative<AttemptFailed>(event.body) ||
           std::holds_alternative<AttemptCancelled>(event.body);
}

}  // namespace

Result<void> RecordingSink::submit(TrialEvent event) {
    const DurableMark mark{event.trial_id, event.attempt, event.sequence};
    {
        const std::lock_guard lock(mutex_);
        if (fail_from_ && events_.size() + 1 >= *fail_from_) {
            return disk_full;
        }
        events_.push_back(std::move(event));
    }
    if (callback_ && marks_) {
        callback_({mark});
    }
    return {};
}

Result<void> RecordingSink::flush() {
    const std::lock_guard lock(mutex_);
    return fail_from_ && events_.size() + 1 >= *fail_from_ ? Result<void>(disk_full) : Result<void>();
}

void RecordingSink::on_durable(std::function<void(const std::vector<DurableMark>&)> callback) {
    callback_ = std::move(callback);
}

std::vector<TrialEvent> RecordingSink::events() const {
    const std::lock_guard lock(mutex_);
    return events_;
}

std::vector<TrialEvent> RecordingSink::events_of(const std::string& trial, std::int64_t attempt) const {
    std::vector<TrialEvent> found;
    for (const TrialEvent& event : events()) {
        if (event.trial_id == trial && event.attempt == attempt) {
            found.push_back(event);
        }
    }
    return found;
}

std::int64_t RecordingSink::attempts_of(const std::string& trial) const {
    std::int64_t starts = 0;
    for (const TrialEvent& event : events()) {
        starts += event.trial_id == trial && std::holds_alternative<AttemptStarted>(event.body) ? 1 : 0;
    }
    return starts;
}

std::string RecordingSink::story(const std::string& trial, std::int64_t attempt) const {
    std::string story;
    std::string last;
    for (const TrialEvent& event : events_of(trial, attempt)) {
        if (const std::string next = word(event); next != last) {
            story += (story.empty() ? "" : " ") + next;
            last = next;
        }
    }
    return story;
}

std::optional<Error> RecordingSink::error_of(const std::string& trial, std::int64_t attempt) const {
    for (const TrialEvent& event : events_of(trial, attempt)) {
        if (const auto* failed = std::get_if<AttemptFailed>(&event.body)) {
            return failed->error;
        }
    }
    return std::nullopt;
}

std::string RecordingSink::log_of(const std::string& trial, std::int64_t attempt) const {
    std::string log;
    for (const TrialEvent& event : events_of(trial, attempt)) {
        if (const auto* line = std::get_if<LogLine>(&event.body)) {
            log += line->text + "\n";
        }
    }
    return log;
}

std::string RecordingSink::violation() const {
    std::map<std::pair<std::string, std::int64_t>, std::pair<std::uint64_t, bool>> seen;  // last number, ended
    for (const TrialEvent& event : events()) {
        auto& [last, ended] = seen[{event.trial_id, event.attempt}];
        const std::string name = event.trial_id.substr(0, 8) + " attempt " + std::to_string(event.attempt);
        if (event.sequence != last + 1) {
            return name + ": event " + std::to_string(event.sequence) + " after " + std::to_string(last);
        }
        if ((event.sequence == 1) != std::holds_alternative<AttemptStarted>(event.body) || ended) {
            return name + ": " + word(event) + " as event " + std::to_string(event.sequence);
        }
        last = event.sequence;
        ended = is_end(event);
    }
    for (const auto& [key, state] : seen) {
        if (!state.second) {
            return key.first.substr(0, 8) + ": has no end";
        }
    }
    return {};
}

}  // namespace tandem::execute_test
