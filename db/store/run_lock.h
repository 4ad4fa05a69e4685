// Only one process runs trials into a database at a time: it holds a lock on NAME.lock (of the open file description,
// so it ends with the process however that dies) and writes its process id there. Errors: DB_LOCKED naming that
// process, DB_READ_ONLY, DB_IO. Thread rule: one thread at a time.
#pragma once

#include <filesystem>
#include <string_view>
#include <utility>

#include "engine/api/result.h"

namespace tandem::db {

// Of an attempt that is running while no process holds the lock.
inline constexpr std::string_view interrupted_code = "INTERRUPTED";
inline constexpr std::string_view interrupted_message =
    "the process that ran this attempt ended before the attempt did";

class RunLock {
public:
    static Result<RunLock> acquire(const std::filesystem::path& database);
    // True where some process holds the lock now.
    static bool held(const std::filesystem::path& database);

    RunLock(RunLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
    RunLock& operator=(RunLock&& other) noexcept;
    ~RunLock();

private:
    explicit RunLock(int descriptor) : descriptor_(descriptor) {}
    int descriptor_;
};

}  // namespace tandem::db
