// Takes one member out of a zip archive that nobody vouches for. Before anything is written, every name, type, size and
// ratio in the archive's list is checked. Errors: ARCHIVE_NOT_ZIP, ARCHIVE_PATH (a name that leaves the folder),
// ARCHIVE_LINK, ARCHIVE_ENCRYPTED, ARCHIVE_RATIO, ARCHIVE_SIZE, ARCHIVE_MEMBERS (too many), ARCHIVE_MEMBER (not there,
// or more than one), ARCHIVE_DAMAGED; FILE_*; CANCELLED. Thread rule: stateless.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>

#include "app/library/sum.h"
#include "engine/api/result.h"

namespace tandem::library {

// Appends the member to an open file and adds it to the sum. `pattern` is its whole path; one * stands for any text
// within a folder. More than `most_bytes` are refused.
struct ArchiveMember {
    std::filesystem::path archive;
    std::string pattern;
    std::int64_t most_bytes = 0;
};
Result<std::int64_t> append_member(const ArchiveMember& member, int descriptor, const std::filesystem::path& out,
                                   Sha256& sum, const BytesListener& listener, std::stop_token stop);

}  // namespace tandem::library
