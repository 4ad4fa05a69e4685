#include <sqlite3.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <system_error>

#include "db/queries/filters.h"
#include "db/queries/queries.h"
#include "db/queries/trial_rows.h"
#include "db/schema/schema.h"
#include "db/store/connection.h"
#include "db/store/database_error.h"
#include "db/store/migrate.h"
#include "db/store/run_lock.h"

namespace tandem {
namespace {

constexpr std::int64_t busy_timeout_ms = 5000;

struct AttemptRows {
    std::optional<std::int64_t> last;      // row id of the newest attempt
    std::optional<std::int64_t> finished;  // the newest that finished; where none did, the newest that ended
};

// A log as one text. Lines of the middle that were not kept are counted, and contradictions are told at the end.
Result<std::string> read_log(const db::Connection& connection, std::int64_t attempt_row) {
    db::Statement lines = TANDEM_TRY(
        connection.prepare("SELECT text FROM events WHERE attempt_id = ?1 AND kind = 'log' ORDER BY sequence"));
    std::string log;
    std::int64_t left_out = 0;
    for (bool row = TANDEM_TRY(lines.query(attempt_row)); row; row = TANDEM_TRY(lines.step())) {
        if (lines.is_null(0)) {
            ++left_out;
            continue;
        }
        if (left_out > 0) {
            log += "[" + std::to_string(left_out) + " lines left out]\n";
            left_out = 0;
        }
        log += lines.text(0);
        log += '\n';
    }
    db::Statement conflicts =
        TANDEM_TRY(connection.prepare("SELECT sequence, kind FROM conflicts WHERE attempt_id = ?1 ORDER BY id"));
    for (bool row = TANDEM_TRY(conflicts.query(attempt_row)); row; row = TANDEM_TRY(conflicts.step())) {
        log += "[DB_INTEGRITY: event " + conflicts.string(0) + " (" + conflicts.string(1) +
               ") came twice with different content; both are kept, the second in the table conflicts]\n";
    }
    return log;
}

// Of the first seven columns.
Observation read_observation(const db::Statement& rows) {
    return {.kind = enum_from_name<ObservationKind>(rows.text(0)).value_or(ObservationKind::note),
            .time_ns = rows.integer(1),
            .repetition = rows.integer(2),
            .index = rows.integer(3),
            .name = rows.string(4),
            .value = rows.optional_real(5).value_or(std::numeric_limits<double>::quiet_NaN()),
            .text = rows.string(6)};
}

// Without its process a running attempt will not go on; the next run stores what is said here already.
template <class Row>
void tell_interrupted(Row& row) {
    if (row.state == "running") {
        row.state = "failed";
        row.error_code = db::interrupted_code;
        row.error_message = db::interrupted_message;
    }
}

class SqliteReader final : public ResultsReader {
public:
    explicit SqliteReader(std::unique_ptr<db::Connection> connection) : connection_(std::move(connection)) {}

    Result<std::vector<ExperimentRow>> experiments() override {
        db::Statement rows = TANDEM_TRY(connection_->prepare(
            "SELECT e.id, e.name, e.description, e.created_ms, count(et.trial_id), "
            "coalesce(sum(a.state = 'done'), 0), coalesce(sum(a.state = 'failed' OR (?1 AND a.state = 'running')), 0), "
            "e.document FROM experiments AS "
            "e "
            "LEFT JOIN experiment_trials AS et ON et.experiment_id = e.id LEFT JOIN trials AS t ON t.id = et.trial_id "
            "LEFT JOIN attempts AS a ON a.id = t.last_attempt GROUP BY e.id ORDER BY e.id"));
        std::vector<ExperimentRow> experiments;
        for (bool row = TANDEM_TRY(rows.query(nobody_runs())); row; row = TANDEM_TRY(rows.step())) {
            experiments.push_back({.id = rows.integer(0),
                                   .name = rows.string(1),
                                   .description = rows.string(2),
                                   .created_at = db::iso_time(rows.integer(3)),
                                   .trials = rows.integer(4),
                                   .done = rows.integer(5),
                                   .failed = rows.integer(6),
                                   .document = rows.string(7)});
        }
        return experiments;
    }

    Result<std::vector<TrialRow>> trials(const ResultsQuery& query) override {
        const bool abandoned = nobody_runs();
        auto rows = TANDEM_TRY(consistently([&] { return db::read_trial_rows(*connection_, query.experiment, {}); }));
        if (abandoned && nobody_runs()) {
            std::for_each(rows.begin(), rows.end(), tell_interrupted<TrialRow>);
        }
        if (auto filtered = db::apply_filters(rows, query.filters); !filtered) {
            return filtered.error();
        }
        return rows;
    }

    Result<TrialDetail> trial(const std::string& id) override {
        const bool abandoned = nobody_runs();
        auto detail = TANDEM_TRY(consistently([&] { return read_trial(id); }));
        if (abandoned && nobody_runs()) {
            tell_interrupted(detail.row);
        }
        return detail;
    }

    Result<std::vector<AttemptRow>> attempts(const std::string& id) override {
        const bool abandoned = nobody_runs();
        auto attempts = TANDEM_TRY(consistently([&]() -> Result<std::vector<AttemptRow>> {
            const std::string whole = TANDEM_TRY(whole_id(id));
            db::Statement rows = TANDEM_TRY(connection_->prepare(
                "SELECT id, attempt, state, started_ms, finished_ms, error_code, error_message FROM attempts "
                "WHERE trial_id = ?1 ORDER BY attempt"));
            std::vector<AttemptRow> found;
            for (bool row = TANDEM_TRY(rows.query(whole)); row; row = TANDEM_TRY(rows.step())) {
                found.push_back({.attempt = rows.integer(1),
                                 .state = rows.string(2),
                                 .started_at = db::iso_time(rows.integer(3)),
                                 .finished_at = rows.is_null(4) ? "" : db::iso_time(rows.integer(4)),
                                 .error_code = rows.string(5),
                                 .error_message = rows.string(6),
                                 .log = TANDEM_TRY(read_log(*connection_, rows.integer(0)))});
            }
            return found;
        }));
        if (abandoned && nobody_runs()) {
            std::for_each(attempts.begin(), attempts.end(), tell_interrupted<AttemptRow>);
        }
        return attempts;
    }

    Result<std::vector<Observation>> observations(const std::string& id) override {
        return consistently([&]() -> Result<std::vector<Observation>> {
            const std::string whole = TANDEM_TRY(whole_id(id));
            const AttemptRows rows_of = TANDEM_TRY(attempt_rows(whole));
            std::vector<Observation> observations;
            if (!rows_of.finished) {
                return observations;
            }
            db::Statement rows = TANDEM_TRY(connection_->prepare(
                "SELECT kind, time_ns, repetition, idx, name, value, text FROM observations WHERE attempt_id = ?1 "
                "ORDER BY sequence"));
            for (bool row = TANDEM_TRY(rows.query(*rows_of.finished)); row; row = TANDEM_TRY(rows.step())) {
                observations.push_back(read_observation(rows));
            }
            return observations;
        });
    }

    Result<std::vector<AttemptObservation>> training(const std::string& id) override {
        return consistently([&]() -> Result<std::vector<AttemptObservation>> {
            db::Statement rows = TANDEM_TRY(connection_->prepare(
                "SELECT o.kind, o.time_ns, o.repetition, o.idx, o.name, o.value, o.text, a.attempt "
                "FROM attempts AS a JOIN observations AS o ON o.attempt_id = a.id WHERE a.trial_id = ?1 AND "
                "(o.kind = 'preview' OR o.kind = 'sample' AND o.name IN "
                "('train_steps', 'train_loss', 'learning_rate', 'train_tokens_per_second', 'validation_loss')) "
                "ORDER BY a.attempt, o.sequence"));
            const std::string whole = TANDEM_TRY(whole_id(id));
            std::vector<AttemptObservation> observations;
            for (bool row = TANDEM_TRY(rows.query(whole)); row; row = TANDEM_TRY(rows.step())) {
                observations.push_back({.attempt = rows.integer(7), .observation = read_observation(rows)});
            }
            return observations;
        });
    }

    Result<std::vector<std::byte>> artefact(const std::string& id, const std::string& name) override {
        return consistently([&]() -> Result<std::vector<std::byte>> {
            const std::string whole = TANDEM_TRY(whole_id(id));
            const AttemptRows rows_of = TANDEM_TRY(attempt_rows(whole));
            db::Statement find = TANDEM_TRY(connection_->prepare(
                "SELECT id, size_bytes FROM artefacts WHERE attempt_id = ?1 AND name = ?2 AND conflicting = 0 "
                "ORDER BY sequence DESC LIMIT 1"));
            if (!TANDEM_TRY(find.query(rows_of.finished, name))) {
                return Error{.code = "ARTEFACT_NOT_FOUND",
                             .message = "trial " + whole.substr(0, 12) + " has no artefact '" + name + "'",
                             .where = connection_->path().string(),
                             .kind = ErrorKind::bad_input};
            }
            db::Statement chunks = TANDEM_TRY(
                connection_->prepare("SELECT bytes FROM artefact_chunks WHERE artefact_id = ?1 ORDER BY position"));
            std::vector<std::byte> bytes;
            bytes.reserve(static_cast<std::size_t>(std::max<std::int64_t>(find.integer(1), 0)));
            for (bool row = TANDEM_TRY(chunks.query(find.integer(0))); row; row = TANDEM_TRY(chunks.step())) {
                const auto chunk = chunks.blob(0);
                bytes.insert(bytes.end(), chunk.begin(), chunk.end());
            }
            return bytes;
        });
    }

private:
    // Asked before and after reading: a run may begin or end meanwhile.
    bool nobody_runs() const { return !db::RunLock::held(connection_->path()); }

    // All statements of one answer see the same moment of a database that is being written.
    template <class Work>
    auto consistently(const Work& work) -> decltype(work()) {
        if (auto begun = connection_->execute("BEGIN"); !begun) {
            return begun.error();
        }
        auto result = work();
        auto ended = connection_->execute("COMMIT");
        if (result && !ended) {
            return ended.error();
        }
        return result;
    }

    Result<std::string> whole_id(const std::string& id) {
        const auto refuse = [&](const char* code, const std::string& message) {
            return Error{.code = code,
                         .message = message + "; `tandem results` lists the trials",
                         .where = connection_->path().string(),
                         .kind = ErrorKind::bad_input};
        };
        // 'g' comes after every hex digit, so this is a range over the beginnings of ids.
        db::Statement find =
            TANDEM_TRY(connection_->prepare("SELECT id FROM trials WHERE id >= ?1 AND id < ?1 || 'g' LIMIT 2"));
        if (id.empty() || id.find_first_not_of("0123456789abcdef") != std::string::npos ||
            !TANDEM_TRY(find.query(id))) {
            return refuse("TRIAL_NOT_FOUND", "no trial's id begins with '" + id + "'");
        }
        std::string whole = find.string(0);
        if (TANDEM_TRY(find.step())) {
            return refuse("TRIAL_AMBIGUOUS", "several trials' ids begin with '" + id + "', as " + whole.substr(0, 16) +
                                                 " and " + find.string(0).substr(0, 16) + "; write more digits");
        }
        return whole;
    }

    Result<AttemptRows> attempt_rows(const std::string& id) {
        db::Statement find = TANDEM_TRY(connection_->prepare(
            "SELECT last_attempt, coalesce(done_attempt, (SELECT a.id FROM attempts AS a WHERE a.trial_id = trials.id "
            "AND a.state != 'running' ORDER BY a.attempt DESC LIMIT 1)) FROM trials WHERE id = ?1"));
        AttemptRows rows;
        if (TANDEM_TRY(find.query(id))) {
            rows.last = find.is_null(0) ? std::nullopt : std::optional(find.integer(0));
            rows.finished = find.is_null(1) ? std::nullopt : std::optional(find.integer(1));
        }
        return rows;
    }

    Result<TrialDetail> read_trial(const std::string& id) {
        const std::string whole = TANDEM_TRY(whole_id(id));
        TrialDetail detail;
        auto rows = TANDEM_TRY(db::read_trial_rows(*connection_, {}, whole));
        if (!rows.empty()) {
            detail.row = std::move(rows.front());
        }
        const AttemptRows rows_of = TANDEM_TRY(attempt_rows(whole));
        db::Statement trial = TANDEM_TRY(connection_->prepare(
            "SELECT t.job, t.identity, e.facts FROM trials AS t LEFT JOIN attempts AS a ON a.id = ?2 "
            "LEFT JOIN environments AS e ON e.id = a.environment_id WHERE t.id = ?1"));
        (void)TANDEM_TRY(trial.query(whole, rows_of.finished ? rows_of.finished : rows_of.last));
        detail.job_json = trial.string(0);
        detail.identity_json = trial.string(1);
        detail.environment_json = trial.string(2);
        if (rows_of.last) {
            detail.log = TANDEM_TRY(read_log(*connection_, *rows_of.last));
        }
        if (!rows_of.finished) {
            return detail;
        }
        detail.metrics = TANDEM_TRY(db::read_metrics(*connection_, *rows_of.finished));
        db::Statement facts =
            TANDEM_TRY(connection_->prepare("SELECT name, value FROM facts WHERE attempt_id = ?1 ORDER BY position"));
        for (bool row = TANDEM_TRY(facts.query(*rows_of.finished)); row; row = TANDEM_TRY(facts.step())) {
            detail.facts.push_back({facts.string(0), facts.string(1)});
        }
        db::Statement artefacts = TANDEM_TRY(connection_->prepare(
            "SELECT name, size_bytes FROM artefacts WHERE attempt_id = ?1 AND conflicting = 0 ORDER BY sequence"));
        for (bool row = TANDEM_TRY(artefacts.query(*rows_of.finished)); row; row = TANDEM_TRY(artefacts.step())) {
            detail.artefacts.emplace_back(artefacts.string(0), artefacts.integer(1));
        }
        return detail;
    }

    std::unique_ptr<db::Connection> connection_;
};

}  // namespace

Result<std::unique_ptr<ResultsReader>> ResultsReader::open(const std::filesystem::path& path) {
    std::error_code failed;
    if (!std::filesystem::exists(path, failed)) {
        return Error{.code = "DB_NOT_FOUND",
                     .message = "there are no results yet; `tandem run FILE` stores some, --db names another database",
                     .where = path.string(),
                     .kind = ErrorKind::bad_input};
    }
    if (std::filesystem::is_directory(path, failed)) {
        return db::not_a_database(path, "it is a folder");
    }
    const std::int64_t newest = db::schema_migrations().back().version;
    auto connection = TANDEM_TRY(db::Connection::open(path, db::OpenMode::read_only, busy_timeout_ms));
    auto state = db::inspect_schema(*connection, newest);
    if (!state && state.error().code == "DB_READ_ONLY" && !std::filesystem::exists(path.string() + "-wal", failed)) {
        // On a medium that cannot be written SQLite has nowhere to put its shared memory, and needs none.
        connection = TANDEM_TRY(db::Connection::open(path, db::OpenMode::immutable, busy_timeout_ms));
        state = db::inspect_schema(*connection, newest);
    }
    if (!state) {
        return state.error();
    }
    if (state->version < newest) {
        return Error{.code = "DB_TOO_OLD",
                     .message = "the database has schema version " + std::to_string(state->version) +
                                ", reading needs version " + std::to_string(newest) +
                                "; the next `tandem run` with this --db migrates it and keeps a copy",
                     .where = path.string(),
                     .kind = ErrorKind::bad_input};
    }
    if (auto cached = connection->execute("PRAGMA cache_size=-32768"); !cached) {
        return cached.error();
    }
    return std::unique_ptr<ResultsReader>(std::make_unique<SqliteReader>(std::move(connection)));
}

}  // namespace tandem
