// Opens a database for writing: place, owner, version, journal, damage, migration, in this order. Errors: as
// store.h. Thread rule: stateless.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

#include "db/schema/schema.h"
#include "db/store/connection.h"
#include "engine/api/result.h"

namespace tandem::db {

Result<std::unique_ptr<Connection>> open_for_writing(const std::filesystem::path& path, std::int64_t busy_timeout_ms,
                                                     std::span<const Migration> migrations = schema_migrations());

// Errors: DB_CORRUPT with SQLite's first finding.
Result<void> quick_check(const Connection& connection);

}  // namespace tandem::db
