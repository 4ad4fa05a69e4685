// The events of one attempt, numbered from 1 and handed to the sink, with the news for whoever listens.
// Thread rule: one thread at a time. Errors: the sink's; after one nothing more should be sent.
#pragma once

#include <string>
#include <vector>

#include "experiments/events/event.h"
#include "experiments/execute/executor.h"
#include "experiments/execute/schedule.h"

namespace tandem {

class Attempt {
public:
    // All of them must outlive the attempt.
    Attempt(Ticket ticket, EventSink& sink, const RunListener& listener)
        : ticket_(ticket), sink_(&sink), listener_(&listener) {}

    const Ticket& ticket() const { return ticket_; }
    const Trial& trial() const { return *ticket_.trial; }

    Result<void> started(std::string environment_json);
    Result<void> observed(std::vector<Observation> observations);
    Result<void> logged(std::string line);
    Result<void> produced(ArtefactProduced artefact);
    void progressed(const Progress& progress);
    Result<void> done(Report report);
    Result<void> failed(const Error& error);
    Result<void> cancelled();

private:
    Result<void> submit(decltype(TrialEvent::body) body);

    Ticket ticket_;
    EventSink* sink_;
    const RunListener* listener_;
    std::uint64_t last_sequence_ = 0;
};

}  // namespace tandem
