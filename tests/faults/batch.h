// A running batch program (batch_program.cpp) as its tester holds it, and the oracle over the journal that it prints,
// which the product does not read. Thread rule: one thread at a time.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <set>
#include <string>

#include "tests/db/store_fixture.h"

namespace tandem::db_test {

struct Journal {
    Acknowledged durable;
    std::set<std::string> running;
    int started = 0;
};

struct BatchOptions {
    std::filesystem::path database;
    std::filesystem::path scratch;
    std::filesystem::path errors;  // where its stderr goes; empty: to the test's
    int trials = 0;
    int limit = 0;             // of the trials that are not done yet
    bool early_marks = false;  // the planted bug
};

class Batch {
public:
    explicit Batch(const BatchOptions& options);
    ~Batch();
    Batch(const Batch&) = delete;
    Batch& operator=(const Batch&) = delete;

    // True once the first trial has started.
    bool wait_started(Journal& journal);
    void kill_batch();
    bool kill_worker();
    // The exit code, or -1 where a signal ended it; the journal is then complete.
    int wait_end(Journal& journal);
    void read_into(Journal& journal);

private:
    static void take_line(const std::string& line, Journal& journal);

    pid_t process_ = -1;
    int output_ = -1;
    std::string text_;
};

// Empty where everything that was called durable is there, once.
std::string find_loss(const std::filesystem::path& path, const Acknowledged& durable);

// Empty where the database is whole and every attempt that is done has each of its observations once.
std::string find_fault(const std::filesystem::path& path);

}  // namespace tandem::db_test
