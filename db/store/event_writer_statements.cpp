#include "db/store/event_writer_statements.h"

#include <optional>
#include <string_view>
#include <utility>

namespace tandem::db {

Result<std::unique_ptr<EventWriter::Statements>> EventWriter::Statements::prepare(const Connection& c) {
    std::optional<Error> failed;
    const auto prepare = [&](std::string_view sql) {
        auto statement = c.prepare(sql);
        if (!statement && !failed) {
            failed = statement.error();
        }
        return statement ? std::move(statement).value() : Statement();
    };
    std::unique_ptr<Statements> statements(new Statements{
        .find_trial = prepare("SELECT 1 FROM trials WHERE id = ?1"),
        .find_attempt = prepare("SELECT id FROM attempts WHERE trial_id = ?1 AND attempt = ?2"),
        .insert_attempt = prepare("INSERT INTO attempts (trial_id, attempt, state, target, started_ms) "
                                  "VALUES (?1, ?2, 'running', '', ?3)"),
        .set_last_attempt =
            prepare("UPDATE trials SET last_attempt = ?1 WHERE id = ?2 AND coalesce((SELECT attempt FROM attempts "
                    "WHERE attempts.id = last_attempt), 0) < ?3"),
        .set_done_attempt =
            prepare("UPDATE trials SET done_attempt = ?1 WHERE id = ?2 AND coalesce((SELECT attempt FROM attempts "
                    "WHERE attempts.id = done_attempt), 0) < ?3"),
        .stored_sequences = prepare("SELECT sequence FROM observations WHERE attempt_id = ?1 UNION ALL "
                                    "SELECT sequence FROM events WHERE attempt_id = ?1 ORDER BY 1"),
        .stored_log_sizes =
            prepare("SELECT sequence, length(CAST(text AS BLOB)) FROM events WHERE attempt_id = ?1 AND kind = 'log' "
                    "AND text IS NOT NULL ORDER BY sequence"),
        .same_observation = prepare(
            "SELECT 1 FROM observations WHERE attempt_id = ?1 AND sequence = ?2 AND kind = ?3 AND time_ns = ?4 AND "
            "repetition = ?5 AND idx = ?6 AND name = ?7 AND value IS ?8 AND text = ?9"),
        .stored_digest = prepare("SELECT digest FROM events WHERE attempt_id = ?1 AND sequence = ?2"),
        .insert_observation = prepare("INSERT INTO observations VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, "
                                      "?9) ON CONFLICT DO NOTHING"),
        .insert_event = prepare("INSERT INTO events VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING"),
        .drop_log_text = prepare("UPDATE events SET text = NULL WHERE attempt_id = ?1 AND sequence = ?2"),
        .insert_environment = prepare("INSERT INTO environments (facts, host, cpu, governor, libtorch, build) VALUES "
                                      "(?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING"),
        .find_environment = prepare("SELECT id FROM environments WHERE facts = ?1"),
        .start_attempt = prepare("UPDATE attempts SET target = ?1, environment_id = ?2, started_ms = ?3 WHERE id = ?4"),
        .end_attempt = prepare("UPDATE attempts SET state = ?1, finished_ms = ?2, error_code = NULL, "
                               "error_kind = NULL, error_message = NULL, error = NULL WHERE id = ?3"),
        .fail_attempt = prepare("UPDATE attempts SET state = 'failed', finished_ms = ?1, error_code = ?2, "
                                "error_kind = ?3, error_message = ?4, error = ?5 WHERE id = ?6"),
        .insert_artefact = prepare("INSERT INTO artefacts (attempt_id, sequence, name, media_type, "
                                   "size_bytes, conflicting) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"),
        .insert_chunk = prepare("INSERT INTO artefact_chunks VALUES (?1, ?2, ?3)"),
        .insert_metric =
            prepare("INSERT INTO metrics (attempt_id, name, n, mean, sd, ci95_low, ci95_high, p50, p90, min, max, "
                    "position, samples) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) "
                    "ON CONFLICT DO NOTHING"),
        .insert_fact = prepare("INSERT INTO facts VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING"),
        .find_conflict = prepare("SELECT 1 FROM conflicts WHERE attempt_id = ?1 AND sequence = ?2 AND "
                                 "kind = ?3 AND payload = ?4"),
        .insert_conflict = prepare("INSERT INTO conflicts (attempt_id, sequence, time_ms, kind, payload, "
                                   "artefact_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"),
    });
    if (failed) {
        return *failed;
    }
    return statements;
}

}  // namespace tandem::db
