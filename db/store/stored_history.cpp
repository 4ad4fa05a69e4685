#include "db/store/stored_history.h"

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

}  // namespace tandem
