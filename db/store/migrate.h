// Brings a database to the newest schema: all missing steps in one transaction, so that a crash at any point leaves the
// old schema readable or the new one complete. A database that holds data is first copied to NAME.before-vN. Errors:
// DB_NOT_A_DATABASE, DB_TOO_NEW, DB_CORRUPT, DB_*. Thread rule: one thread at a time.
#pragma once

#include <filesystem>
#include <span>

#include "db/schema/schema.h"
#include "db/store/connection.h"
#include "engine/api/result.h"

namespace tandem::db {

struct SchemaState {
    std::int64_t version = 0;
    bool empty = false;  // a new file: no tables, no owner
};

// Reads whose the file is and its version; changes nothing. Errors: DB_NOT_A_DATABASE, DB_TOO_NEW above `newest`.
Result<SchemaState> inspect_schema(const Connection& connection, std::int64_t newest);

Result<void> migrate(const Connection& connection, std::span<const Migration> migrations);

}  // namespace tandem::db
