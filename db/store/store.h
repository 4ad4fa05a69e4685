// The results database: one SQLite file, WAL, synchronous=FULL, foreign keys on. Schema: docs/formats/database.md.
// Errors: DB_NOT_A_DATABASE, DB_TOO_NEW, DB_READ_ONLY, DB_LOCKED, DB_FULL, DB_CORRUPT, DB_NETWORK_FILESYSTEM, DB_IO;
// each names the path and the way out; nothing is ever deleted. Thread rule: a Store may be used from any thread;
// writing happens on one writer thread of its own.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/api/result.h"
#include "experiments/events/event.h"
#include "experiments/plan/plan.h"
#include "experiments/spec/spec.h"

namespace tandem {

struct StoreOptions {
    std::int64_t batch_interval_ms = 30;  // events wait at most this long for a commit
    std::int64_t batch_events = 8192;     // or until this many are queued
    std::int64_t queue_events = 65536;    // submit() blocks above this
    std::int64_t busy_timeout_ms = 5000;
    std::int64_t checkpoint_pages = 4000;  // of 4 KiB; a longer write-ahead log is moved into the database
};

class Store : public EventSink {
public:
    // Opens or creates, migrating older schemas after a backup beside the file (NAME.before-vN).
    static Result<std::unique_ptr<Store>> open(const std::filesystem::path& path, StoreOptions options = {});

    // Stores the experiment and its trials (idempotent); returns the experiment's row id. One row per resolved
    // document: running the same file again adds nothing.
    virtual Result<std::int64_t> record_plan(const ExperimentSpec& spec, const Plan& plan) = 0;

    // State of each of these trials, for planning.
    virtual Result<std::map<std::string, TrialHistory>> history() = 0;

    // Attempts that were running when their process died become failed (INTERRUPTED); called by the one who runs.
    virtual Result<std::int64_t> close_abandoned_attempts() = 0;

    virtual const std::filesystem::path& path() const = 0;
};

// $TANDEM_DB, else $XDG_DATA_HOME/tandem/results.db, else ~/.local/share/tandem/results.db
std::filesystem::path default_database_path();

}  // namespace tandem
