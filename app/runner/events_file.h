// A sink in front of the store that writes each event as one JSON line once the store says that it is durable. Lines of
// one attempt come in the order of their sequence. Format: docs/formats/events.md. Errors: those of the store, and
// EVENTS_FILE where the file cannot be written. Thread rule: as EventSink.
#pragma once

#include <deque>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "engine/api/result.h"
#include "experiments/events/event.h"

namespace tandem {

std::string event_json_line(const TrialEvent& event);

class EventsFile final : public EventSink {
public:
    // Appends to the file; the store must outlive this.
    static Result<std::unique_ptr<EventsFile>> open(const std::filesystem::path& path, EventSink& store);

    Result<void> submit(TrialEvent event) override;
    Result<void> flush() override;
    void on_durable(std::function<void(const std::vector<DurableMark>&)> callback) override;

private:
    EventsFile(std::filesystem::path path, std::ofstream file, EventSink& store)
        : path_(std::move(path)), file_(std::move(file)), store_(store) {}
    void write(const std::vector<DurableMark>& marks);
    Error failure() const;

    struct Waiting {
        std::uint64_t sequence = 0;
        std::string line;
    };

    const std::filesystem::path path_;
    std::mutex mutex_;  // over all below
    std::ofstream file_;
    bool failed_ = false;
    std::map<std::pair<std::string, std::int64_t>, std::deque<Waiting>> waiting_;  // by trial and attempt
    EventSink& store_;
};

}  // namespace tandem
