// The SQL of EventWriter, prepared once. Errors: DB_*. Thread rule: as EventWriter.
#pragma once

#include <memory>

#include "db/store/connection.h"
#include "db/store/event_writer.h"

namespace tandem::db {

struct EventWriter::Statements {
    static Result<std::unique_ptr<Statements>> prepare(const Connection& connection);

    Statement find_trial, find_attempt, insert_attempt, set_last_attempt, set_done_attempt;
    Statement stored_sequences, stored_log_sizes, same_observation, stored_digest;
    Statement insert_observation, insert_event, drop_log_text;
    Statement insert_environment, find_environment, start_attempt, end_attempt, fail_attempt;
    Statement insert_artefact, insert_chunk, insert_metric, insert_fact;
    Statement find_conflict, insert_conflict;
};

}  // namespace tandem::db
