#include "app/library/copy_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <span>
#include <system_error>
#include <vector>

#include "app/library/files.h"
#include "app/library/sum.h"

namespace tandem::library {

namespace fs = std::filesystem;

// Read and written by hand: the standard's copy_file hides a full disk behind another error.
Result<void> copy_durably(const fs::path& from, const fs::path& to) {
    const auto source = TANDEM_TRY(Descriptor::open(from, O_RDONLY));
    const auto target = TANDEM_TRY(Descriptor::open(to, O_WRONLY | O_CREAT | O_TRUNC));
    std::vector<std::byte> buffer(std::size_t{4} << 20);
    while (true) {
        const ssize_t got = read(source.get(), buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return file_error(errno, "reading it", from);
        }
        if (got == 0) {
            return make_durable(to);
        }
        if (auto written = write_all(target.get(), std::span(buffer).first(static_cast<std::size_t>(got)), to);
            !written) {
            return written;
        }
    }
}

Result<void> copy_model(const fs::path& location, const fs::path& to) {
    std::error_code ignored;
    if (!fs::is_directory(location, ignored)) {
        return copy_durably(location, to);
    }
    TANDEM_TRY(make_folder(to));
    auto files = TANDEM_TRY(model_files(location));
    for (const char* words : {"README.md", "LICENSE", "LICENSE.txt", "LICENSE.md"}) {
        if (fs::is_regular_file(location / words, ignored) &&
            std::find(files.begin(), files.end(), location / words) == files.end()) {
            files.push_back(location / words);
        }
    }
    for (const fs::path& file : files) {
        TANDEM_TRY(copy_durably(file, to / file.filename()));
    }
    return make_durable(to);
}

Result<void> copy_folder(const fs::path& from, const fs::path& to) {
    TANDEM_TRY(make_folder(to));
    std::error_code failed;
    for (fs::directory_iterator entry(from, failed), end; !failed && entry != end; entry.increment(failed)) {
        std::error_code ignored;
        if (entry->is_directory(ignored)) {
            TANDEM_TRY(copy_folder(entry->path(), to / entry->path().filename()));
        } else if (entry->is_regular_file(ignored)) {
            TANDEM_TRY(copy_durably(entry->path(), to / entry->path().filename()));
        }
    }
    if (failed) {
        return file_error(failed.value(), "listing the folder", from);
    }
    return make_durable(to);
}

}  // namespace tandem::library
