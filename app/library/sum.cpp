#include "app/library/sum.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <set>
#include <sstream>
#include <system_error>

#include "app/library/files.h"

namespace tandem::library {
namespace {

namespace fs = std::filesystem;

bool decides_result(const fs::path& name) {
    static const std::set<std::string> extensions{".safetensors", ".json", ".jinja", ".model", ".txt", ".tiktoken"};
    static const std::set<std::string> not_these{"LICENSE.txt", "NOTICE.txt", "requirements.txt"};
    return extensions.contains(name.extension().string()) && !not_these.contains(name.string());
}

}  // namespace

Result<std::string> sum_file(const fs::path& path, const BytesListener& listener, std::stop_token stop) {
    const auto descriptor = TANDEM_TRY(Descriptor::open(path, O_RDONLY));
    std::error_code ignored;
    const auto total = static_cast<std::int64_t>(fs::file_size(path, ignored));
    std::vector<std::byte> buffer(std::size_t{4} << 20);
    Sha256 sum;
    std::int64_t done = 0;
    while (true) {
        if (stop.stop_requested()) {
            return Error{.code = "CANCELLED",
                         .message = "stopped while reading the file; nothing was changed",
                         .where = path.string(),
                         .kind = ErrorKind::cancelled};
        }
        const ssize_t got = read(descriptor.get(), buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return file_error(errno, "reading it", path);
        }
        if (got == 0) {
            return sum.hex();
        }
        sum.add(std::span(buffer).first(static_cast<std::size_t>(got)));
        done += got;
        if (listener) {
            listener(done, total);
        }
    }
}

Result<std::vector<fs::path>> model_files(const fs::path& folder) {
    std::vector<fs::path> files;
    std::error_code failed;
    for (fs::directory_iterator entry(folder, failed), end; !failed && entry != end; entry.increment(failed)) {
        std::error_code ignored;
        if (entry->is_regular_file(ignored) && decides_result(entry->path().filename())) {
            files.push_back(entry->path());
        }
    }
    if (failed) {
        return file_error(failed.value(), "listing the folder", folder);
    }
    std::sort(files.begin(), files.end());
    return files;
}

std::string sum_of_list(const std::vector<std::pair<std::string, std::string>>& names_and_sums) {
    std::string text;
    for (const auto& [name, sum] : names_and_sums) {
        text += sum + "  " + name + "\n";
    }
    return sha256_hex(text);
}

std::string sum_of_catalogued(const CatalogueModel& model) {
    return sha256_hex("random:" + model.id + '\n' + model.config + '\n');
}

}  // namespace tandem::library
