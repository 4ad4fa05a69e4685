// Where `add` gets a model from, each ending in files at their final place with a verified sum. Errors: as library.h.
// Thread rule: stateless.
#pragma once

#include <filesystem>
#include <stop_token>
#include <string>

#include "app/library/library.h"
#include "app/library/sources.h"
#include "app/library/sum.h"
#include "engine/api/result.h"

namespace tandem::library {

// What `add` is asked for, handed down.
struct AddRequest {
    std::filesystem::path folder;  // the library's
    std::string source;
    const AddOptions& options;
    const DownloadListener& listener;
    std::stop_token stop;
};

// Each returns the entry without its name.
Result<LibraryEntry> acquire_local(const AddRequest& request);
Result<LibraryEntry> acquire_url(const AddRequest& request);
Result<LibraryEntry> acquire_packaged(const ModelSource& source, const AddRequest& request);

// The sum of a file or folder, and its bytes; sums of unchanged files are taken from memory where that is allowed.
enum class SumMemory { use, ignore };
struct Summed {
    std::string sha256;
    std::int64_t bytes = 0;
};
Result<Summed> sum_location(const std::filesystem::path& folder, const std::filesystem::path& location,
                            SumMemory memory, const BytesListener& listener, std::stop_token stop);

}  // namespace tandem::library
