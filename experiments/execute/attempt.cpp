#include "experiments/execute/attempt.h"

#include <chrono>

namespace tandem {
namespace {

std::int64_t wall_time_ms() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

}  // namespace

Result<void> Attempt::submit(decltype(TrialEvent::body) body) {
    return sink_->submit({.trial_id = trial().id,
                          .attempt = ticket_.attempt,
                          .sequence = ++last_sequence_,
                          .wall_time_ms = wall_time_ms(),
                          .body = std::move(body)});
}

Result<void> Attempt::started(std::string environment_json) {
    auto sent = submit(AttemptStarted{trial().target, std::move(environment_json)});
    if (sent && listener_->started) {
        listener_->started(trial(), ticket_.attempt);
    }
    return sent;
}

Result<void> Attempt::observed(std::vector<Observation> observations) {
    for (Observation& observation : observations) {
        if (listener_->observed) {
            listener_->observed(trial(), observation);
        }
        if (auto sent = submit(std::move(observation)); !sent) {
            return sent;
        }
    }
    return {};
}

Result<void> Attempt::logged(std::string line) {
    if (listener_->logged) {
        listener_->logged(trial(), line);
    }
    return submit(LogLine{std::move(line)});
}

Result<void> Attempt::produced(ArtefactProduced artefact) {
    return submit(std::move(artefact));
}

void Attempt::progressed(const Progress& progress) {
    if (listener_->progressed) {
        listener_->progressed(trial(), progress);
    }
}

Result<void> Attempt::done(Report report) {
    return submit(AttemptDone{std::move(report)});
}

Result<void> Attempt::failed(const Error& error) {
    return submit(AttemptFailed{error});
}

Result<void> Attempt::cancelled() {
    return submit(AttemptCancelled{});
}

}  // namespace tandem
