#include "app/runner/events_file.h"

#include <nlohmann/json.hpp>

#include "experiments/wire/job_json.h"

namespace tandem {
namespace {

using nlohmann::ordered_json;

void add_body(ordered_json& line, const AttemptStarted& body) {
    line["kind"] = "started";
    line["target"] = body.target;
    line["environment"] = ordered_json::parse(body.environment_json, nullptr, false);
}
void add_body(ordered_json& line, const Observation& body) {
    line["kind"] = "observation";
    line["what"] = enum_name(body.kind);
    line["time_ns"] = body.time_ns;
    line["repetition"] = body.repetition;
    line["index"] = body.index;
    line["name"] = body.name;
    line["value"] = body.value;
    line["text"] = body.text;
}
void add_body(ordered_json& line, const LogLine& body) {
    line["kind"] = "log";
    line["text"] = body.text;
}
void add_body(ordered_json& line, const ArtefactProduced& body) {
    line["kind"] = "artefact";
    line["name"] = body.name;
    line["media_type"] = body.media_type;
    line["bytes"] = body.bytes.size();
}
void add_body(ordered_json& line, const AttemptDone& body) {
    line["kind"] = "done";
    line["report"] = ordered_json(report_to_json(body.report));
}
void add_body(ordered_json& line, const AttemptFailed& body) {
    line["kind"] = "failed";
    line["error"] = ordered_json(error_to_json(body.error));
}
void add_body(ordered_json& line, const AttemptCancelled&) {
    line["kind"] = "cancelled";
}

}  // namespace

std::string event_json_line(const TrialEvent& event) {
    ordered_json line{{"trial", event.trial_id},
                      {"attempt", event.attempt},
                      {"sequence", event.sequence},
                      {"wall_time_ms", event.wall_time_ms}};
    std::visit([&](const auto& body) { add_body(line, body); }, event.body);
    return line.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

Result<std::unique_ptr<EventsFile>> EventsFile::open(const std::filesystem::path& path, EventSink& store) {
    std::ofstream file(path, std::ios::binary | std::ios::app);
    if (!file) {
        return Error{.code = "EVENTS_FILE",
                     .message = "the file for events cannot be written; nothing was run",
                     .where = path.string(),
                     .kind = ErrorKind::io};
    }
    return std::unique_ptr<EventsFile>(new EventsFile(path, std::move(file), store));
}

Error EventsFile::failure() const {
    return {.code = "EVENTS_FILE",
            .message =
                "the file for events can no longer be written (is the disk full?); the run ends here, what is "
                "in the database is whole, and the same command resumes",
            .where = path_.string(),
            .kind = ErrorKind::io};
}

Result<void> EventsFile::submit(TrialEvent event) {
    {
        const std::lock_guard lock(mutex_);
        if (failed_) {
            return failure();
        }
        // Before the store has it: its writer may report it durable at any moment after that.
        waiting_[{event.trial_id, event.attempt}].push_back({event.sequence, event_json_line(event)});
    }
    return store_.submit(std::move(event));
}

Result<void> EventsFile::flush() {
    if (auto flushed = store_.flush(); !flushed) {
        return flushed;
    }
    const std::lock_guard lock(mutex_);
    return failed_ ? Result<void>(failure()) : Result<void>();
}

void EventsFile::on_durable(std::function<void(const std::vector<DurableMark>&)> callback) {
    store_.on_durable([this, callback = std::move(callback)](const std::vector<DurableMark>& marks) {
        write(marks);
        if (callback) {
            callback(marks);
        }
    });
}

void EventsFile::write(const std::vector<DurableMark>& marks) {
    const std::lock_guard lock(mutex_);
    for (const DurableMark& mark : marks) {
        const auto attempt = waiting_.find({mark.trial_id, mark.attempt});
        if (attempt == waiting_.end()) {
            continue;
        }
        std::deque<Waiting>& lines = attempt->second;
        while (!lines.empty() && lines.front().sequence <= mark.sequence) {
            file_ << lines.front().line;
            lines.pop_front();
        }
        if (lines.empty()) {
            waiting_.erase(attempt);
        }
    }
    failed_ = failed_ || !file_.flush();
}

}  // namespace tandem
