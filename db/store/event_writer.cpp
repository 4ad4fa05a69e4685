#include "db/store/event_writer.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "db/store/event_payload.h"
#include "db/store/event_writer_statements.h"
#include "engine/api/utf8.h"

namespace tandem::db {

EventWriter::EventWriter(const Connection& connection, std::unique_ptr<Statements> statements)
    : connection_(connection), statements_(std::move(statements)) {}

EventWriter::~EventWriter() = default;

Result<std::unique_ptr<EventWriter>> EventWriter::create(const Connection& connection) {
    auto statements = TANDEM_TRY(Statements::prepare(connection));
    return std::unique_ptr<EventWriter>(new EventWriter(connection, std::move(statements)));
}

Result<void> EventWriter::write(const TrialEvent& event) {
    Attempt& attempt = *TANDEM_TRY(find_attempt(event));
    attempt.touched = true;
    if (event.sequence <= attempt.contiguous || attempt.beyond.contains(event.sequence)) {
        const bool same = TANDEM_TRY(same_as_stored(attempt, event));
        return same ? Result<void>() : keep_conflict(attempt, event);
    }
    if (auto written = write_new(attempt, event); !written) {
        return written;
    }
    mark_stored(attempt, event.sequence);
    return {};
}

std::vector<DurableMark> EventWriter::take_marks() {
    std::vector<DurableMark> marks;
    for (auto it = attempts_.begin(); it != attempts_.end();) {
        Attempt& attempt = it->second;
        if (attempt.touched) {
            marks.push_back({it->first.first, it->first.second, attempt.contiguous});
            attempt.touched = false;
        }
        it = attempt.ended ? attempts_.erase(it) : std::next(it);
    }
    last_ = nullptr;
    return marks;
}

void EventWriter::mark_stored(Attempt& attempt, std::uint64_t sequence) {
    if (sequence != attempt.contiguous + 1) {
        attempt.beyond.insert(sequence);
        return;
    }
    ++attempt.contiguous;
    while (!attempt.beyond.empty() && *attempt.beyond.begin() == attempt.contiguous + 1) {
        attempt.beyond.erase(attempt.beyond.begin());
        ++attempt.contiguous;
    }
}

Result<EventWriter::Attempt*> EventWriter::find_attempt(const TrialEvent& event) {
    if (last_ != nullptr && last_key_.second == event.attempt && last_key_.first == event.trial_id) {
        return last_;
    }
    Key key(event.trial_id, event.attempt);
    auto [it, inserted] = attempts_.try_emplace(key);
    if (inserted) {
        Statement& find = statements_->find_attempt;
        if (TANDEM_TRY(find.query(event.trial_id, event.attempt))) {
            it->second.row = find.integer(0);
            find.reset();
            if (auto loaded = load_attempt(it->second); !loaded) {
                return loaded.error();
            }
        } else if (auto created = create_attempt(it->second, event); !created) {
            return created.error();
        }
    }
    last_ = &it->second;
    last_key_ = std::move(key);
    return last_;
}

Result<void> EventWriter::create_attempt(Attempt& attempt, const TrialEvent& event) {
    const bool known = TANDEM_TRY(statements_->find_trial.query(event.trial_id));
    statements_->find_trial.reset();
    if (!known || event.attempt < 1 || event.sequence < 1) {
        return Error{.code = "DB_INTEGRITY",
                     .message = known
                                    ? "events are numbered from attempt 1, sequence 1; found attempt " +
                                          std::to_string(event.attempt) + ", sequence " + std::to_string(event.sequence)
                                    : "an event belongs to a trial that no recorded plan contains",
                     .where = connection_.path().string() + ": trial " + event.trial_id,
                     .kind = ErrorKind::internal};
    }
    if (auto created = statements_->insert_attempt.run(event.trial_id, event.attempt, event.wall_time_ms); !created) {
        return created;
    }
    attempt.row = connection_.last_row_id();
    return statements_->set_last_attempt.run(attempt.row, event.trial_id, event.attempt);
}

// What an earlier process stored of this attempt: numbers and the length of its log.
Result<void> EventWriter::load_attempt(Attempt& attempt) {
    Statement& numbers = statements_->stored_sequences;
    for (bool row = TANDEM_TRY(numbers.query(attempt.row)); row; row = TANDEM_TRY(numbers.step())) {
        mark_stored(attempt, static_cast<std::uint64_t>(numbers.integer(0)));
    }
    numbers.reset();
    Statement& lines = statements_->stored_log_sizes;
    for (bool row = TANDEM_TRY(lines.query(attempt.row)); row; row = TANDEM_TRY(lines.step())) {
        const auto bytes = static_cast<std::size_t>(lines.integer(1));
        if (!log_fits_head(attempt, bytes)) {
            attempt.log_tail.emplace_back(static_cast<std::uint64_t>(lines.integer(0)), bytes);
            attempt.log_tail_bytes += bytes;
        }
    }
    lines.reset();
    return {};
}

Result<void> EventWriter::write_new(Attempt& attempt, const TrialEvent& event) {
    if (const auto* o = std::get_if<Observation>(&event.body)) {
        return statements_->insert_observation.run(attempt.row, event.sequence, enum_name(o->kind), o->time_ns,
                                                   o->repetition, o->index, o->name, o->value, o->text);
    }
    if (const auto* line = std::get_if<LogLine>(&event.body)) {
        return write_log(attempt, event, *line);
    }
    auto stored = statements_->insert_event.run(attempt.row, event.sequence, event_kind(event), event.wall_time_ms,
                                                event_digest(event), nullptr);
    if (!stored) {
        return stored;
    }
    if (const auto* started = std::get_if<AttemptStarted>(&event.body)) {
        return write_started(attempt, event, *started);
    }
    if (const auto* artefact = std::get_if<ArtefactProduced>(&event.body)) {
        auto written = write_artefact(attempt, event.sequence, *artefact, false);
        return written ? Result<void>() : Result<void>(written.error());
    }
    return end(attempt, event);
}

Result<void> EventWriter::write_started(Attempt& attempt, const TrialEvent& event, const AttemptStarted& started) {
    if (started.environment_json.empty()) {
        return statements_->start_attempt.run(started.target, nullptr, event.wall_time_ms, attempt.row);
    }
    const auto parsed = nlohmann::json::parse(started.environment_json, nullptr, false);
    const auto fact = [&](const char* name) -> std::optional<std::string> {
        const auto found = parsed.is_object() ? parsed.find(name) : parsed.end();
        if (found == parsed.end() || found->is_null()) {
            return std::nullopt;
        }
        return found->is_string() ? found->get<std::string>() : compact_json(*found);
    };
    const std::string facts =
        parsed.is_discarded() ? compact_json(nlohmann::json(started.environment_json)) : started.environment_json;
    auto inserted = statements_->insert_environment.run(facts, fact("host"), fact("cpu"), fact("governor"),
                                                        fact("libtorch"), fact("build"));
    if (!inserted) {
        return inserted;
    }
    Statement& find = statements_->find_environment;
    (void)TANDEM_TRY(find.query(facts));
    const std::int64_t environment = find.integer(0);
    find.reset();
    return statements_->start_attempt.run(started.target, environment, event.wall_time_ms, attempt.row);
}

bool EventWriter::log_fits_head(Attempt& attempt, std::size_t bytes) {
    if (attempt.log_tail.empty() && attempt.log_head_bytes + bytes <= log_half_bytes) {
        attempt.log_head_bytes += bytes;
        return true;
    }
    attempt.log_head_bytes = log_half_bytes;  // closed: later, shorter lines belong to the tail
    return false;
}

Result<void> EventWriter::write_log(Attempt& attempt, const TrialEvent& event, const LogLine& line) {
    const std::string_view text = utf8_prefix(line.text, log_line_bytes);
    auto stored = statements_->insert_event.run(attempt.row, event.sequence, "log", event.wall_time_ms,
                                                event_digest(event), text);
    if (!stored || log_fits_head(attempt, text.size())) {
        return stored;
    }
    attempt.log_tail.emplace_back(event.sequence, text.size());
    attempt.log_tail_bytes += text.size();
    while (attempt.log_tail_bytes > log_half_bytes) {
        const auto [sequence, bytes] = attempt.log_tail.front();
        if (auto dropped = statements_->drop_log_text.run(attempt.row, sequence); !dropped) {
            return dropped;
        }
        attempt.log_tail.pop_front();
        attempt.log_tail_bytes -= bytes;
    }
    return {};
}

Result<std::int64_t> EventWriter::write_artefact(const Attempt& attempt, std::uint64_t sequence,
                                                 const ArtefactProduced& artefact, bool conflicting) {
    auto inserted = statements_->insert_artefact.run(attempt.row, sequence, artefact.name, artefact.media_type,
                                                     artefact.bytes.size(), conflicting);
    if (!inserted) {
        return inserted.error();
    }
    const std::int64_t row = connection_.last_row_id();
    std::span<const std::byte> rest(artefact.bytes);
    for (std::int64_t position = 0; !rest.empty(); ++position) {
        const auto chunk = rest.first(std::min(rest.size(), chunk_bytes));
        if (auto stored = statements_->insert_chunk.run(row, position, chunk); !stored) {
            return stored.error();
        }
        rest = rest.subspan(chunk.size());
    }
    return row;
}

Result<void> EventWriter::write_report(const Attempt& attempt, const Report& report) {
    std::int64_t position = 0;
    for (const MetricSummary& m : report.metrics) {
        auto stored =
            statements_->insert_metric.run(attempt.row, m.name, m.n, m.mean, m.sd, m.ci95_low, m.ci95_high, m.p50,
                                           m.p90, m.min, m.max, position++, metric_samples_json(m.samples));
        if (!stored) {
            return stored;
        }
    }
    position = 0;
    for (const Fact& fact : report.facts) {
        if (auto stored = statements_->insert_fact.run(attempt.row, fact.name, fact.value, position++); !stored) {
            return stored;
        }
    }
    return {};
}

Result<void> EventWriter::end(Attempt& attempt, const TrialEvent& event) {
    attempt.ended = true;
    if (const auto* failed = std::get_if<AttemptFailed>(&event.body)) {
        const Error& error = failed->error;
        return statements_->fail_attempt.run(event.wall_time_ms, error.code, error_kind_name(error.kind), error.message,
                                             event_payload_json(event), attempt.row);
    }
    const auto* done = std::get_if<AttemptDone>(&event.body);
    if (done == nullptr) {
        return statements_->end_attempt.run("cancelled", event.wall_time_ms, attempt.row);
    }
    if (auto stored = write_report(attempt, done->report); !stored) {
        return stored;
    }
    if (auto ended = statements_->end_attempt.run("done", event.wall_time_ms, attempt.row); !ended) {
        return ended;
    }
    return statements_->set_done_attempt.run(attempt.row, event.trial_id, event.attempt);
}

Result<bool> EventWriter::same_as_stored(const Attempt& attempt, const TrialEvent& event) {
    if (const auto* o = std::get_if<Observation>(&event.body)) {
        Statement& same = statements_->same_observation;
        const bool found = TANDEM_TRY(same.query(attempt.row, event.sequence, enum_name(o->kind), o->time_ns,
                                                 o->repetition, o->index, o->name, o->value, o->text));
        same.reset();
        return found;
    }
    Statement& find = statements_->stored_digest;
    const bool found = TANDEM_TRY(find.query(attempt.row, event.sequence));
    const bool same = found && find.integer(0) == event_digest(event);
    find.reset();
    return same;
}

Result<void> EventWriter::keep_conflict(const Attempt& attempt, const TrialEvent& event) {
    const std::string payload = event_payload_json(event);
    Statement& find = statements_->find_conflict;
    const bool kept = TANDEM_TRY(find.query(attempt.row, event.sequence, event_kind(event), payload));
    find.reset();
    if (kept) {
        return {};
    }
    std::optional<std::int64_t> artefact_row;
    if (const auto* artefact = std::get_if<ArtefactProduced>(&event.body)) {
        artefact_row = TANDEM_TRY(write_artefact(attempt, event.sequence, *artefact, true));
    }
    return statements_->insert_conflict.run(attempt.row, event.sequence, event.wall_time_ms, event_kind(event), payload,
                                            artefact_row);
}

}  // namespace tandem::db
