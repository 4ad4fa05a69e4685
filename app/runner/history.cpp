#include "app/runner/history.h"

#include <algorithm>
#include <system_error>

#include "db/schema/schema.h"
#include "db/store/connection.h"
#include "db/store/database_error.h"
#include "db/store/migrate.h"
#include "db/store/plan_writer.h"

namespace tandem {
namespace {

constexpr std::int64_t busy_timeout_ms = 5000;

}  // namespace

Result<StoredHistory> read_stored_history(const std::filesystem::path& database) {
    StoredHistory stored;
    std::error_code failed;
    if (!std::filesystem::exists(database, failed)) {
        return stored;
    }
    if (std::filesystem::is_directory(database, failed)) {
        return db::not_a_database(database, "it is a folder");
    }
    const std::int64_t newest = db::schema_migrations().back().version;
    auto connection = TANDEM_TRY(db::Connection::open(database, db::OpenMode::read_only, busy_timeout_ms));
    auto state = db::inspect_schema(*connection, newest);
    if (!state && state.error().code == "DB_READ_ONLY" &&
        !std::filesystem::exists(database.string() + "-wal", failed)) {
        // On a medium that cannot be written SQLite has nowhere to put its shared memory, and needs none.
        connection = TANDEM_TRY(db::Connection::open(database, db::OpenMode::immutable, busy_timeout_ms));
        state = db::inspect_schema(*connection, newest);
    }
    if (!state) {
        return state.error();
    }
    if (state->empty) {
        return stored;
    }
    if (state->version < newest) {
        stored.warnings.push_back(
            "the database has an older schema; running migrates it (after a copy) and then knows "
            "which trials are done");
        return stored;
    }
    stored.trials = TANDEM_TRY(db::read_history(*connection));
    return stored;
}

void update_from_history(Plan& plan, const std::map<std::string, TrialHistory>& history) {
    Estimate total{.measured = true};
    for (Trial& trial : plan.trials) {
        const auto known = history.find(trial.id);
        if (known != history.end()) {
            trial.first_attempt = known->second.attempts + 1;
            if (known->second.state == TrialState::done && trial.action == TrialAction::run) {
                constexpr std::size_t date = 10;  // of ISO 8601
                trial.action = TrialAction::skip;
                trial.reason = "done on " + known->second.finished_at.substr(0, date);
            }
        }
        if (trial.action == TrialAction::run) {
            total.seconds += trial.estimate.seconds;
            total.memory_bytes = std::max(total.memory_bytes, trial.estimate.memory_bytes);
            total.measured = total.measured && trial.estimate.measured;
        }
    }
    plan.total_to_run = total;
}

}  // namespace tandem
