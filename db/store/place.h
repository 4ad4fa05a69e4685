// Where a database may lie: its folder exists or can be made, and is on a disk of this machine. Errors:
// DB_NETWORK_FILESYSTEM, DB_READ_ONLY, DB_NOT_A_DATABASE, DB_IO. Thread rule: stateless.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

#include "engine/api/result.h"

namespace tandem::db {

// The name of a network file system by statfs(2)'s f_type, or nothing for a local one. SQLite's locks and shared memory
// do not work over a network.
std::optional<std::string_view> network_filesystem(std::int64_t f_type);

// Makes the folder where it is missing, then checks it.
Result<void> prepare_place(const std::filesystem::path& path);

}  // namespace tandem::db
