#include "app/library/index.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <system_error>

#include "app/library/files.h"

namespace tandem::library {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int format_version = 1;
constexpr std::size_t most_sums = 2000;

fs::path index_path(const fs::path& folder) {
    return folder / "library.json";
}

fs::path sums_path(const fs::path& folder) {
    return folder / "sums.json";
}

Error damaged(const fs::path& path, const std::string& what) {
    return {.code = "LIBRARY_DAMAGED",
            .message = "the list of models cannot be read (" + what +
                       "); nothing was changed; repair the file, or move it away and add the models again",
            .where = path.string(),
            .kind = ErrorKind::bad_input};
}

Result<std::optional<std::string>> read_text(const fs::path& path) {
    std::error_code failed;
    if (!fs::exists(path, failed)) {
        return std::optional<std::string>();
    }
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        return file_error(errno == 0 ? EIO : errno, "opening it", path);
    }
    std::string text{std::istreambuf_iterator<char>(file), {}};
    if (file.bad()) {
        return file_error(EIO, "reading it", path);
    }
    return std::optional(std::move(text));
}

json to_json(const LibraryEntry& entry) {
    return {{"name", entry.name},     {"location", entry.location}, {"sha256", entry.sha256},    {"bytes", entry.bytes},
            {"source", entry.source}, {"licence", entry.licence},   {"added_at", entry.added_at}};
}

LibraryEntry entry_from_json(const json& row) {
    return {.name = row.at("name"),
            .location = row.at("location"),
            .sha256 = row.at("sha256"),
            .bytes = row.at("bytes"),
            .source = row.value("source", ""),
            .licence = row.value("licence", ""),
            .added_at = row.value("added_at", "")};
}

Result<void> write_index(const fs::path& folder, const std::vector<LibraryEntry>& entries) {
    json document{{"tandem_library", format_version}, {"models", json::array()}};
    for (const LibraryEntry& entry : entries) {
        document["models"].push_back(to_json(entry));
    }
    return replace_file(index_path(folder), document.dump(2, ' ', false, json::error_handler_t::replace) + "\n");
}

// Damaged sums are no loss: they are taken again.
json read_sums(const fs::path& folder) {
    const auto text = read_text(sums_path(folder));
    if (!text || !*text) {
        return json::object();
    }
    json sums = json::parse(**text, nullptr, false);
    return sums.is_object() ? sums : json::object();
}

}  // namespace

Result<std::vector<LibraryEntry>> read_index(const fs::path& folder) {
    const fs::path path = index_path(folder);
    const auto text = TANDEM_TRY(read_text(path));
    std::vector<LibraryEntry> entries;
    if (!text) {
        return entries;
    }
    try {
        const json document = json::parse(*text);
        const int version = document.at("tandem_library");
        if (version > format_version) {
            return Error{.code = "LIBRARY_TOO_NEW",
                         .message = "the list of models was written by a newer Tandem (format " +
                                    std::to_string(version) + ", this one reads up to " +
                                    std::to_string(format_version) +
                                    "); nothing was changed; use that Tandem, or another folder with TANDEM_HOME",
                         .where = path.string(),
                         .kind = ErrorKind::bad_input};
        }
        for (const json& row : document.at("models")) {
            entries.push_back(entry_from_json(row));
        }
    } catch (const json::exception& problem) {
        return damaged(path, problem.what());
    }
    return entries;
}

Result<std::vector<LibraryEntry>> change_index(
    const fs::path& folder, const std::function<Result<void>(std::vector<LibraryEntry>& entries)>& change) {
    if (auto made = make_folder(folder); !made) {
        return made.error();
    }
    const auto lock = TANDEM_TRY(FileLock::wait_for(folder / "library.lock"));
    auto entries = TANDEM_TRY(read_index(folder));
    if (auto changed = change(entries); !changed) {
        return changed.error();
    }
    if (auto written = write_index(folder, entries); !written) {
        return written.error();
    }
    return entries;
}

Result<FileStamp> stamp_of(const fs::path& path) {
    struct stat facts {};
    if (stat(path.c_str(), &facts) != 0) {
        return file_error(errno, "looking at it", path);
    }
    constexpr std::int64_t ns_per_s = 1'000'000'000;
    return FileStamp{.bytes = facts.st_size,
                     .modified_ns = facts.st_mtim.tv_sec * ns_per_s + facts.st_mtim.tv_nsec,
                     .inode = static_cast<std::int64_t>(facts.st_ino)};
}

std::optional<std::string> remembered_sum(const fs::path& folder, const fs::path& file, const FileStamp& stamp) {
    const json sums = read_sums(folder);
    const auto row = sums.find(file.string());
    try {
        if (row != sums.end() && FileStamp{row->at("bytes"), row->at("modified_ns"), row->at("inode")} == stamp) {
            return row->at("sha256").get<std::string>();
        }
    } catch (const json::exception&) {
        return std::nullopt;
    }
    return std::nullopt;
}

std::optional<std::string> earlier_sum(const fs::path& folder, const fs::path& file) {
    const json sums = read_sums(folder);
    const auto row = sums.find(file.string());
    if (row == sums.end() || !row->is_object() || !row->contains("sha256") || !row->at("sha256").is_string()) {
        return std::nullopt;
    }
    return row->at("sha256").get<std::string>();
}

void remember_sum(const fs::path& folder, const fs::path& file, const FileStamp& stamp, const std::string& sum) {
    if (!make_folder(folder)) {
        return;
    }
    const auto lock = FileLock::wait_for(folder / "library.lock");
    if (!lock) {
        return;
    }
    json sums = read_sums(folder);
    if (sums.size() >= most_sums) {
        sums = json::object();
    }
    sums[file.string()] = {
        {"bytes", stamp.bytes}, {"modified_ns", stamp.modified_ns}, {"inode", stamp.inode}, {"sha256", sum}};
    const auto written = replace_file(sums_path(folder), sums.dump(1, ' ', false, json::error_handler_t::replace));
    (void)written;
}

}  // namespace tandem::library
