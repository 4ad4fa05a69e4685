// Puts events into rows, each (attempt, sequence) once. The caller owns the transaction: nothing here is durable before
// its commit. After an error the transaction must be rolled back and the writer discarded. Errors: DB_*. Thread rule:
// one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "db/store/connection.h"
#include "engine/api/result.h"
#include "experiments/events/event.h"

namespace tandem::db {

class EventWriter {
public:
    static Result<std::unique_ptr<EventWriter>> create(const Connection& connection);
    ~EventWriter();

    Result<void> write(const TrialEvent& event);

    // How far each attempt written since the last call is stored without gaps. Forgets attempts that have ended.
    std::vector<DurableMark> take_marks();

    // The log of an attempt keeps its first and its last `log_half_bytes`; a line keeps its first `log_line_bytes`.
    static constexpr std::size_t log_half_bytes = 512 * 1024;
    static constexpr std::size_t log_line_bytes = 64 * 1024;
    static constexpr std::size_t chunk_bytes = 16 * 1024 * 1024;

private:
    using Key = std::pair<std::string, std::int64_t>;  // trial, attempt

    struct Attempt {
        std::int64_t row = 0;
        std::uint64_t contiguous = 0;    // 1 .. contiguous are stored
        std::set<std::uint64_t> beyond;  // stored above a gap
        bool touched = false;
        bool ended = false;
        std::size_t log_head_bytes = 0;
        std::deque<std::pair<std::uint64_t, std::size_t>> log_tail;  // sequence and bytes
        std::size_t log_tail_bytes = 0;
    };

    struct Statements;
    EventWriter(const Connection& connection, std::unique_ptr<Statements> statements);

    Result<Attempt*> find_attempt(const TrialEvent& event);
    Result<void> create_attempt(Attempt& attempt, const TrialEvent& event);
    Result<void> load_attempt(Attempt& attempt);
    static bool log_fits_head(Attempt& attempt, std::size_t bytes);
    Result<void> write_new(Attempt& attempt, const TrialEvent& event);
    Result<void> write_started(Attempt& attempt, const TrialEvent& event, const AttemptStarted& started);
    Result<void> write_log(Attempt& attempt, const TrialEvent& event, const LogLine& line);
    Result<std::int64_t> write_artefact(const Attempt& attempt, std::uint64_t sequence,
                                        const ArtefactProduced& artefact, bool conflicting);
    Result<void> write_report(const Attempt& attempt, const Report& report);
    Result<void> end(Attempt& attempt, const TrialEvent& event);
    Result<bool> same_as_stored(const Attempt& attempt, const TrialEvent& event);
    Result<void> keep_conflict(const Attempt& attempt, const TrialEvent& event);
    static void mark_stored(Attempt& attempt, std::uint64_t sequence);

    const Connection& connection_;
    std::map<Key, Attempt> attempts_;
    Attempt* last_ = nullptr;  // of the event before: most events come in runs of one attempt
    Key last_key_;
    std::unique_ptr<Statements> statements_;
};

}  // namespace tandem::db
