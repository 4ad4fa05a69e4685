// Plans, events and databases for the store's tests. Thread rule: one thread at a time.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>

#include "db/store/connection.h"
#include "db/store/store.h"
#include "tests/support/temporary_folder.h"

namespace tandem::db_test {

using test::TemporaryFolder;

std::string trial_id(int number);  // 64 hex digits that begin with the number
ExperimentSpec example_spec(const std::string& name = "example");
Plan example_plan(int trials);

TrialEvent started(const std::string& trial, std::int64_t attempt, std::uint64_t sequence = 1);
TrialEvent token(const std::string& trial, std::int64_t attempt, std::uint64_t sequence, const std::string& text = "a");
TrialEvent log_line(const std::string& trial, std::int64_t attempt, std::uint64_t sequence, const std::string& text);
TrialEvent done(const std::string& trial, std::int64_t attempt, std::uint64_t sequence, double mean = 12.5);
TrialEvent failed(const std::string& trial, std::int64_t attempt, std::uint64_t sequence);

// A store with `trials` planned trials; ends the test where that fails.
std::unique_ptr<Store> store_with_plan(const std::filesystem::path& path, int trials, StoreOptions options = {});

// The first column of the first row, through a connection of its own.
std::int64_t query_integer(const std::filesystem::path& path, const std::string& sql);
std::string query_text(const std::filesystem::path& path, const std::string& sql);

// The oracle's side: what a test saw acknowledged, and what is in the database.
using Acknowledged = std::map<std::pair<std::string, std::int64_t>, std::uint64_t>;

// Empty where the database is whole, every acknowledged number is stored with token_text() and none is stored twice.
std::string find_violation(const std::filesystem::path& path, const Acknowledged& acknowledged);
std::string token_text(std::uint64_t sequence);

}  // namespace tandem::db_test
