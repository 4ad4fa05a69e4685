// The database's schema as a list of steps: version 1 from nothing, each further one from the version before. The SQL
// lies beside this file and is embedded at build time. Thread rule: constant data.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace tandem::db {

struct Migration {
    std::int64_t version;  // PRAGMA user_version after this step
    std::string_view name;
    std::string_view sql;
};

std::span<const Migration> schema_migrations();

// PRAGMA application_id of every Tandem database: "TNDM".
inline constexpr std::int64_t application_id = 0x544E444D;

}  // namespace tandem::db
