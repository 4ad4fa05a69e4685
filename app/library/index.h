// The library's two files: library.json (the models by name) and sums.json (sums of files that have not changed since).
// Formats: docs/formats/library.md. Errors: LIBRARY_DAMAGED, LIBRARY_TOO_NEW, FILE_*. Thread rule: stateless; processes
// take turns through library.lock.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "app/library/library.h"
#include "engine/api/result.h"

namespace tandem::library {

Result<std::vector<LibraryEntry>> read_index(const std::filesystem::path& folder);

// Reads, changes and replaces the index while no other process does. An error of `change` leaves it as it was.
Result<std::vector<LibraryEntry>> change_index(
    const std::filesystem::path& folder, const std::function<Result<void>(std::vector<LibraryEntry>& entries)>& change);

// What a file looked like when its sum was taken.
struct FileStamp {
    std::int64_t bytes = 0;
    std::int64_t modified_ns = 0;
    std::int64_t inode = 0;

    friend bool operator==(const FileStamp&, const FileStamp&) = default;
};
Result<FileStamp> stamp_of(const std::filesystem::path& path);

std::optional<std::string> remembered_sum(const std::filesystem::path& folder, const std::filesystem::path& file,
                                          const FileStamp& stamp);
// The last sum that was remembered for this path, whatever the file looks like now.
std::optional<std::string> earlier_sum(const std::filesystem::path& folder, const std::filesystem::path& file);
// A courtesy to the next run: where it cannot be written, sums are taken again.
void remember_sum(const std::filesystem::path& folder, const std::filesystem::path& file, const FileStamp& stamp,
                  const std::string& sum);

}  // namespace tandem::library
