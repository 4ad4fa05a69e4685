#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "app/report/report_page.h"

namespace tandem::report {
namespace {

constexpr std::string_view mark = "<meta name=\"generator\" content=\"tandem";
constexpr std::size_t mark_within = 512;  // bytes from the beginning

class File {
public:
    explicit File(int descriptor) : descriptor_(descriptor) {}
    ~File() {
        if (descriptor_ >= 0) {
            ::close(descriptor_);
        }
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    int get() const { return descriptor_; }
    int close() { return ::close(std::exchange(descriptor_, -1)); }

private:
    int descriptor_;
};

Error cannot_write(const std::filesystem::path& path, int number) {
    return Error{.code = "FILE_WRITE",
                 .message = std::string("the report cannot be written: ") + std::strerror(number) +
                            "; an earlier file of that name is untouched, --out names another place",
                 .where = path.string(),
                 .kind = ErrorKind::io};
}

bool is_report(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::string beginning(mark_within, '\0');
    file.read(beginning.data(), static_cast<std::streamsize>(beginning.size()));
    beginning.resize(static_cast<std::size_t>(file.gcount()));
    return beginning.empty() || beginning.find(mark) != std::string::npos;
}

bool write_all(int file, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(file, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return false;
        }
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

}  // namespace

Result<bool> write_report(const std::filesystem::path& path, const std::string& html, Overwrite overwrite) {
    std::error_code failed;
    const auto status = std::filesystem::status(path, failed);
    const bool exists = std::filesystem::exists(status);
    if (exists && !std::filesystem::is_regular_file(status)) {
        return Error{.code = "REPORT_WOULD_OVERWRITE",
                     .message = "this is a folder or a device, not a file; --out names the file to write",
                     .where = path.string(),
                     .kind = ErrorKind::bad_input};
    }
    if (exists && overwrite == Overwrite::only_reports && !is_report(path)) {
        return Error{.code = "REPORT_WOULD_OVERWRITE",
                     .message =
                         "the file is there and is no report of Tandem; it was left alone. Choose another name, "
                         "or --force to replace it",
                     .where = path.string(),
                     .kind = ErrorKind::bad_input};
    }
    // Through a symbolic link the file that it means is replaced, not the link.
    std::filesystem::path place = exists ? std::filesystem::canonical(path, failed) : path;
    if (failed || place.empty()) {
        place = path;
    }
    std::string temporary = place.string() + ".XXXXXX";
    File file(::mkstemp(temporary.data()));
    if (file.get() < 0) {
        return cannot_write(path, errno);
    }
    const mode_t mask = ::umask(0);
    ::umask(mask);
    constexpr mode_t readable = 0666;
    if (!write_all(file.get(), html) || ::fchmod(file.get(), readable & ~mask) != 0 || ::fsync(file.get()) != 0 ||
        file.close() != 0 || ::rename(temporary.c_str(), place.c_str()) != 0) {
        const int number = errno;
        ::unlink(temporary.c_str());
        return cannot_write(path, number);
    }
    return exists;
}

}  // namespace tandem::report
