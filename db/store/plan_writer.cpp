#include "db/store/plan_writer.h"

#include <nlohmann/json.hpp>

#include "db/store/event_payload.h"
#include "db/store/run_lock.h"
#include "experiments/wire/job_json.h"

namespace tandem::db {
namespace {

std::string settings_json(const Trial& trial) {
    nlohmann::ordered_json settings = nlohmann::ordered_json::object();
    for (const auto& [path, value] : trial.settings) {
        settings[path] = value;
    }
    return settings.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

Result<void> write_trial(Statement& find, Statement& insert, const Trial& trial) {
    const bool known = TANDEM_TRY(find.query(trial.id));
    find.reset();
    if (known) {
        return {};
    }
    return insert.run(trial.id, workload_kind(trial.job.workload), std::to_string(trial.seed),
                      compact_json(job_to_json(trial.job)), job_identity_json(trial.job));
}

}  // namespace

Result<std::int64_t> write_plan(const Connection& connection, const ExperimentSpec& spec, const Plan& plan,
                                std::int64_t now_ms) {
    Transaction transaction = TANDEM_TRY(Transaction::begin(connection));
    Statement insert = TANDEM_TRY(
        connection.prepare("INSERT INTO experiments (name, description, document, created_ms) VALUES (?1, ?2, ?3, ?4) "
                           "ON CONFLICT DO NOTHING"));
    if (auto inserted = insert.run(spec.name, spec.description, spec.resolved_yaml, now_ms); !inserted) {
        return inserted.error();
    }
    Statement find = TANDEM_TRY(connection.prepare("SELECT id FROM experiments WHERE name = ?1 AND document = ?2"));
    (void)TANDEM_TRY(find.query(spec.name, spec.resolved_yaml));
    const std::int64_t experiment = find.integer(0);
    find.reset();

    Statement find_trial = TANDEM_TRY(connection.prepare("SELECT 1 FROM trials WHERE id = ?1"));
    Statement insert_trial = TANDEM_TRY(
        connection.prepare("INSERT INTO trials (id, kind, seed, job, identity) VALUES (?1, ?2, ?3, ?4, ?5)"));
    Statement insert_use = TANDEM_TRY(connection.prepare(
        "INSERT INTO experiment_trials (experiment_id, trial_id, position, pairing, model, target, workload, settings, "
        "partner, baseline, baseline_trial) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) "
        "ON CONFLICT DO UPDATE SET partner = ?9, baseline = ?10, baseline_trial = ?11 "
        "WHERE (partner, baseline, baseline_trial) IS NOT (?9, ?10, ?11)"));
    std::int64_t position = 0;
    for (const Trial& trial : plan.trials) {
        if (auto written = write_trial(find_trial, insert_trial, trial); !written) {
            return written.error();
        }
        auto used =
            insert_use.run(experiment, trial.id, position++, trial.pairing, trial.model, trial.target, trial.workload,
                           settings_json(trial), trial.partner, trial.baseline, trial.baseline_trial);
        if (!used) {
            return used.error();
        }
    }
    if (auto committed = transaction.commit(); !committed) {
        return committed.error();
    }
    return experiment;
}

Result<std::map<std::string, TrialHistory>> read_history(const Connection& connection) {
    Statement rows = TANDEM_TRY(connection.prepare(
        "SELECT t.id, coalesce(last.state, 'queued'), coalesce(last.attempt, 0), "
        "strftime('%Y-%m-%dT%H:%M:%SZ', last.finished_ms / 1000, 'unixepoch'), done.finished_ms - done.started_ms, "
        "(SELECT max FROM metrics WHERE attempt_id = t.done_attempt AND name = 'peak_rss_bytes'), "
        "(SELECT error_code FROM attempts WHERE trial_id = t.id AND state = 'failed' ORDER BY attempt DESC LIMIT 1) "
        "FROM trials AS t LEFT JOIN attempts AS last ON last.id = t.last_attempt "
        "LEFT JOIN attempts AS done ON done.id = t.done_attempt"));
    std::map<std::string, TrialHistory> history;
    for (bool row = TANDEM_TRY(rows.query()); row; row = TANDEM_TRY(rows.step())) {
        history.emplace(rows.string(0),
                        TrialHistory{.state = enum_from_name<TrialState>(rows.text(1)).value_or(TrialState::queued),
                                     .attempts = rows.integer(2),
                                     .finished_at = rows.string(3),
                                     .wall_ms = rows.optional_real(4),
                                     .peak_rss_bytes = rows.optional_real(5),
                                     .error_code = rows.string(6)});
    }
    return history;
}

Result<std::int64_t> fail_running_attempts(const Connection& connection, std::int64_t now_ms) {
    Transaction transaction = TANDEM_TRY(Transaction::begin(connection));
    const std::string message(interrupted_message);
    const std::string error = compact_json(error_to_json(
        Error{.code = std::string(interrupted_code), .message = message, .where = {}, .kind = ErrorKind::failed}));
    Statement close = TANDEM_TRY(
        connection.prepare("UPDATE attempts SET state = 'failed', finished_ms = max(started_ms, ?1), error_code = ?4, "
                           "error_kind = 'failed', error_message = ?2, error = ?3 WHERE state = 'running'"));
    if (auto closed = close.run(now_ms, message, error, interrupted_code); !closed) {
        return closed.error();
    }
    const std::int64_t count = connection.changes();
    if (auto committed = transaction.commit(); !committed) {
        return committed.error();
    }
    return count;
}

}  // namespace tandem::db
