#include "experiments/execute/machine_files.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <sstream>

namespace tandem::machine_files {
namespace {

constexpr std::size_t most_bytes = 1 << 20;
constexpr std::int64_t no_limit = std::int64_t{1} << 60;  // version 1 writes a number near 2^63 for "none"

std::optional<std::int64_t> parse_integer(std::string_view text) {
    std::int64_t number = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
    return fault == std::errc() && end != text.data() ? std::optional(number) : std::nullopt;
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n\0";
    const auto first = text.find_first_not_of(blanks);
    return first == std::string_view::npos ? std::string_view()
                                           : text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

struct GroupFiles {
    const char *limit, *used, *droppable;
};
constexpr GroupFiles version_1{"memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"};
constexpr GroupFiles version_2{"memory.max", "memory.current", "inactive_file"};

// From the process's own group up to the top: each may set a limit.
void tighten(std::optional<GroupMemory>& tightest, const std::filesystem::path& top, std::filesystem::path group,
             const GroupFiles& files) {
    while (true) {
        const std::filesystem::path folder = top / group.relative_path();
        const auto limit = read_integer(folder / files.limit);
        if (limit && *limit < no_limit) {
            const std::int64_t used = read_integer(folder / files.used).value_or(0);
            const std::int64_t droppable =
                parse_integer(value(read(folder / "memory.stat"), files.droppable)).value_or(0);
            const GroupMemory found{*limit, std::max<std::int64_t>(used - droppable, 0)};
            if (!tightest || found.limit_bytes - found.used_bytes < tightest->limit_bytes - tightest->used_bytes) {
                tightest = found;
            }
        }
        if (group.relative_path().empty()) {
            return;
        }
        group = group.parent_path();
    }
}

}  // namespace

std::string read(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::string text;
    std::array<char, 4096> chunk;
    while (file && text.size() < most_bytes) {
        file.read(chunk.data(), chunk.size());
        text.append(chunk.data(), static_cast<std::size_t>(file.gcount()));
    }
    text.resize(text.find_last_not_of(std::string_view(" \t\r\n\0", 5)) + 1);
    return text;
}

std::optional<std::int64_t> read_integer(const std::filesystem::path& path) {
    return parse_integer(read(path));
}

std::string value(std::string_view text, std::string_view key) {
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        if (!line.starts_with(key)) {
            continue;
        }
        std::string_view rest = line.substr(key.size());
        const auto blanks = std::min(rest.find_first_not_of(" \t"), rest.size());
        if (rest.substr(blanks).starts_with(':')) {
            return std::string(trimmed(rest.substr(blanks + 1)));
        }
        if (blanks > 0) {
            return std::string(trimmed(rest));
        }
    }
    return {};
}

std::vector<std::filesystem::path> entries(const std::filesystem::path& folder, std::string_view prefix) {
    std::vector<std::filesystem::path> found;
    std::error_code failed;
    for (std::filesystem::directory_iterator entry(folder, failed), end; !failed && entry != end;
         entry.increment(failed)) {
        if (entry->path().filename().string().starts_with(prefix)) {
            found.push_back(entry->path());
        }
    }
    std::sort(found.begin(), found.end());
    return found;
}

std::optional<GroupMemory> group_memory(const std::filesystem::path& root) {
    std::optional<GroupMemory> tightest;
    std::istringstream groups(read(root / "proc/self/cgroup"));
    for (std::string line; std::getline(groups, line);) {
        const auto first = line.find(':');
        const auto second = first == std::string::npos ? first : line.find(':', first + 1);
        if (second == std::string::npos) {
            continue;
        }
        const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
        const std::filesystem::path group = line.substr(second + 1);
        if (controllers == ",,") {
            tighten(tightest, root / "sys/fs/cgroup", group, version_2);
        } else if (controllers.find(",memory,") != std::string::npos) {
            tighten(tightest, root / "sys/fs/cgroup/memory", group, version_1);
        }
    }
    return tightest;
}

}  // namespace tandem::machine_files
