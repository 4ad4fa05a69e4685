// Small files of /proc and /sys, read below a root that tests replace. A missing file reads as empty.
// Thread rule: stateless.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::machine_files {

// At most 1 MiB, without the white space at its end.
std::string read(const std::filesystem::path& path);

std::optional<std::int64_t> read_integer(const std::filesystem::path& path);

// What stands behind "key" and an optional colon on its own line: value("MemTotal:  12 kB", "MemTotal") is "12 kB".
std::string value(std::string_view text, std::string_view key);

// Entries of a folder whose names begin with `prefix`, sorted.
std::vector<std::filesystem::path> entries(const std::filesystem::path& folder, std::string_view prefix);

// Memory that the control group of this process allows and uses; version 2 or the memory controller of version 1.
struct GroupMemory {
    std::int64_t limit_bytes = 0;
    std::int64_t used_bytes = 0;  // without file pages that the kernel can drop
};
// The tightest of the groups that this process is in; nothing where none sets a limit.
std::optional<GroupMemory> group_memory(const std::filesystem::path& root);

}  // namespace tandem::machine_files
