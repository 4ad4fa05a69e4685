#include "tests/db/fault_vfs.h"

#include <sqlite3.h>
#include <unistd.h>

#include <atomic>
#include <new>

namespace tandem::db_test {
namespace {

std::atomic<FaultMode> fault_mode{FaultMode::none};
std::atomic<std::int64_t> fault_at{0};
std::atomic<FaultKind> fault_kind{FaultKind::io_error};
std::atomic<std::int64_t> calls{0};
std::atomic<bool> sync_failed{false};
std::atomic<bool> struck{false};

sqlite3_vfs* real = nullptr;

struct File {
    sqlite3_file base;
    sqlite3_file* inner() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

File* wrapper(sqlite3_file* file) {
    return reinterpret_cast<File*>(file);
}

bool fails() {
    const std::int64_t number = ++calls;
    const FaultMode mode = fault_mode;
    if (mode == FaultMode::none || number < fault_at || (mode == FaultMode::once && number > fault_at)) {
        return false;
    }
    if (mode == FaultMode::die) {
        _exit(9);
    }
    struck = true;
    return true;
}

int full_or(int code) {
    return fault_kind == FaultKind::disk_full ? SQLITE_FULL : code;
}

// The macro names the inner file's method: each wrapper counts, fails or forwards.
#define TANDEM_INNER(file) wrapper(file)->inner()->pMethods

int file_close(sqlite3_file* file) {
    File* self = wrapper(file);
    const int code = self->inner()->pMethods != nullptr ? TANDEM_INNER(file)->xClose(self->inner()) : SQLITE_OK;
    self->base.pMethods = nullptr;
    return code;
}
int file_read(sqlite3_file* file, void* data, int size, sqlite3_int64 offset) {
    return fails() ? SQLITE_IOERR_READ : TANDEM_INNER(file)->xRead(wrapper(file)->inner(), data, size, offset);
}
int file_write(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
    if (fails()) {
        // A disk that fails a write may have done half of it.
        (void)TANDEM_INNER(file)->xWrite(wrapper(file)->inner(), data, size / 2, offset);
        return full_or(SQLITE_IOERR_WRITE);
    }
    return TANDEM_INNER(file)->xWrite(wrapper(file)->inner(), data, size, offset);
}
int file_truncate(sqlite3_file* file, sqlite3_int64 size) {
    return fails() ? SQLITE_IOERR_TRUNCATE : TANDEM_INNER(file)->xTruncate(wrapper(file)->inner(), size);
}
int file_sync(sqlite3_file* file, int flags) {
    if (fails()) {
        sync_failed = true;
        return SQLITE_IOERR_FSYNC;
    }
    return TANDEM_INNER(file)->xSync(wrapper(file)->inner(), flags);
}
int file_size(sqlite3_file* file, sqlite3_int64* size) {
    return fails() ? SQLITE_IOERR_FSTAT : TANDEM_INNER(file)->xFileSize(wrapper(file)->inner(), size);
}
int file_lock(sqlite3_file* file, int level) {
    return TANDEM_INNER(file)->xLock(wrapper(file)->inner(), level);
}
int file_unlock(sqlite3_file* file, int level) {
    return TANDEM_INNER(file)->xUnlock(wrapper(file)->inner(), level);
}
int file_check_reserved(sqlite3_file* file, int* reserved) {
    return TANDEM_INNER(file)->xCheckReservedLock(wrapper(file)->inner(), reserved);
}
int file_control(sqlite3_file* file, int operation, void* argument) {
    return TANDEM_INNER(file)->xFileControl(wrapper(file)->inner(), operation, argument);
}
int file_sector_size(sqlite3_file* file) {
    return TANDEM_INNER(file)->xSectorSize(wrapper(file)->inner());
}
int file_characteristics(sqlite3_file* file) {
    return TANDEM_INNER(file)->xDeviceCharacteristics(wrapper(file)->inner());
}
int file_shm_map(sqlite3_file* file, int page, int size, int extend, void volatile** memory) {
    return fails() ? SQLITE_IOERR_SHMMAP
                   : TANDEM_INNER(file)->xShmMap(wrapper(file)->inner(), page, size, extend, memory);
}
int file_shm_lock(sqlite3_file* file, int offset, int count, int flags) {
    return TANDEM_INNER(file)->xShmLock(wrapper(file)->inner(), offset, count, flags);
}
void file_shm_barrier(sqlite3_file* file) {
    TANDEM_INNER(file)->xShmBarrier(wrapper(file)->inner());
}
int file_shm_unmap(sqlite3_file* file, int remove) {
    return TANDEM_INNER(file)->xShmUnmap(wrapper(file)->inner(), remove);
}

#undef TANDEM_INNER

const sqlite3_io_methods methods{
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_check_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_sector_size,
    .xDeviceCharacteristics = file_characteristics,
    .xShmMap = file_shm_map,
    .xShmLock = file_shm_lock,
    .xShmBarrier = file_shm_barrier,
    .xShmUnmap = file_shm_unmap,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

int vfs_open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    File* self = wrapper(file);
    self->base.pMethods = nullptr;
    if (fails()) {
        return full_or(SQLITE_CANTOPEN);
    }
    const int code = real->xOpen(real, name, self->inner(), flags, out_flags);
    if (self->inner()->pMethods != nullptr) {
        self->base.pMethods = &methods;
    }
    return code;
}
int vfs_delete(sqlite3_vfs*, const char* name, int sync_folder) {
    return fails() ? SQLITE_IOERR_DELETE : real->xDelete(real, name, sync_folder);
}
int vfs_access(sqlite3_vfs*, const char* name, int flags, int* result) {
    return real->xAccess(real, name, flags, result);
}
int vfs_full_pathname(sqlite3_vfs*, const char* name, int size, char* out) {
    return real->xFullPathname(real, name, size, out);
}

}  // namespace

void install_fault_vfs() {
    if (real != nullptr) {
        return;
    }
    real = sqlite3_vfs_find(nullptr);
    static sqlite3_vfs vfs = *real;
    vfs.szOsFile = static_cast<int>(sizeof(File)) + real->szOsFile;
    vfs.zName = "tandem_fault";
    vfs.xOpen = vfs_open;
    vfs.xDelete = vfs_delete;
    vfs.xAccess = vfs_access;
    vfs.xFullPathname = vfs_full_pathname;
    vfs.pNext = nullptr;
    sqlite3_vfs_register(&vfs, 1);
}

void set_fault(FaultMode mode, std::int64_t nth, FaultKind kind) {
    fault_mode = FaultMode::none;
    calls = 0;
    sync_failed = false;
    struck = false;
    fault_at = nth;
    fault_kind = kind;
    fault_mode = mode;
}

std::int64_t io_calls() {
    return calls;
}

bool sync_has_failed() {
    return sync_failed;
}

bool fault_has_struck() {
    return struck;
}

}  // namespace tandem::db_test
