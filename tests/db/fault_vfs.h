// A disk that fails on command: SQLite's default VFS, wrapped. Counts every call that reaches the file system and lets
// the N-th fail, or ends the process there. Thread rule: set up while no database is open; counting is atomic.
#pragma once

#include <cstdint>

namespace tandem::db_test {

enum class FaultMode {
    none,
    once,        // the N-th call fails, later ones work
    persistent,  // the N-th and all later ones fail
    die,         // the process ends at the N-th call, as by a power switch of its own
};
enum class FaultKind { io_error, disk_full };

// From then on every connection of this process opens through the wrapper.
void install_fault_vfs();

// Counts from 1 again.
void set_fault(FaultMode mode, std::int64_t nth = 0, FaultKind kind = FaultKind::io_error);

std::int64_t io_calls();  // since set_fault
bool sync_has_failed();   // since set_fault
bool fault_has_struck();  // since set_fault

}  // namespace tandem::db_test
