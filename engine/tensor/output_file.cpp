#include "engine/tensor/output_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>
#include <system_error>
#include <utility>

namespace tandem {
namespace {

constexpr std::size_t buffer_bytes = 1U << 20;

Error file_error(int number, std::string_view doing, const std::filesystem::path& path) {
    const char* code = "FILE_IO";
    std::string advice;
    switch (number) {
        case ENOSPC:
        case EDQUOT:
            code = "FILE_DISK_FULL";
            advice = "; free some space or name a place on another disk";
            break;
        case EACCES:
        case EPERM:
        case EROFS:
            code = "FILE_PERMISSION";
            break;
        case ENOENT:
        case ENOTDIR:
            code = "FILE_NOT_FOUND";
            break;
        default:
            break;
    }
    return {.code = code,
            .message = std::string(doing) + " failed (" + std::generic_category().message(number) +
                       "); what was there before is unchanged" + advice,
            .where = path.string(),
            .kind = ErrorKind::io};
}

}  // namespace

Result<OutputFile> OutputFile::create(const std::filesystem::path& path) {
    std::filesystem::path beside = path.string() + ".partial-" + std::to_string(::getpid());
    const int descriptor = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (descriptor < 0) {
        return file_error(errno, "making the file", path);
    }
    return OutputFile(path, std::move(beside), descriptor);
}

OutputFile::OutputFile(std::filesystem::path path, std::filesystem::path beside, int descriptor)
    : path_(std::move(path)), beside_(std::move(beside)), descriptor_(descriptor) {
    waiting_.reserve(buffer_bytes);
}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : path_(std::move(other.path_)),
      beside_(std::move(other.beside_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      bytes_(other.bytes_),
      waiting_(std::move(other.waiting_)) {}

OutputFile::~OutputFile() {
    if (descriptor_ >= 0) {
        ::close(descriptor_);
        ::unlink(beside_.c_str());
    }
}

Result<void> OutputFile::append(std::span<const std::byte> bytes) {
    bytes_ += static_cast<std::int64_t>(bytes.size());
    if (waiting_.size() + bytes.size() <= buffer_bytes) {
        waiting_.insert(waiting_.end(), bytes.begin(), bytes.end());
        return {};
    }
    TANDEM_TRY(write_out(waiting_));
    waiting_.clear();
    if (bytes.size() >= buffer_bytes) {
        return write_out(bytes);
    }
    waiting_.insert(waiting_.end(), bytes.begin(), bytes.end());
    return {};
}

Result<void> OutputFile::commit() {
    TANDEM_TRY(write_out(waiting_));
    waiting_.clear();
    if (::fsync(descriptor_) != 0) {
        return fault(errno, "making it durable");
    }
    if (::rename(beside_.c_str(), path_.c_str()) != 0) {
        return fault(errno, "giving it its name");
    }
    ::close(std::exchange(descriptor_, -1));
    return sync_folder(path_.parent_path());
}

Result<void> OutputFile::write_out(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0) {
            return fault(errno, "writing it");
        }
        bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    return {};
}

Error OutputFile::fault(int number, std::string_view doing) const {
    return file_error(number, doing, path_);
}

Result<std::filesystem::path> output_place(const std::filesystem::path& path) {
    constexpr int most_links = 40;  // as Linux has it
    std::error_code ignored;
    std::filesystem::path place = path;
    for (int links = 0; std::filesystem::is_symlink(place, ignored); ++links) {
        std::error_code failed;
        const auto next = std::filesystem::read_symlink(place, failed);
        if (failed || links == most_links) {
            return Error{.code = "FILE_NOT_FOUND",
                         .message = "the symbolic link leads nowhere (" +
                                    std::string(failed ? failed.message() : "a circle of links") +
                                    "); nothing was written",
                         .where = path.string(),
                         .kind = ErrorKind::bad_input};
        }
        place = place.parent_path() / next;  // an absolute target replaces all of it
    }
    const auto type = std::filesystem::status(place, ignored).type();
    using enum std::filesystem::file_type;
    if (type == not_found || type == none || type == regular || type == directory) {
        return place;
    }
    return Error{.code = "FILE_NOT_REGULAR",
                 .message =
                     "what is there is a device, pipe or socket and no regular file, so it is not replaced; "
                     "name another place; nothing was written",
                 .where = path.string(),
                 .kind = ErrorKind::bad_input};
}

Result<void> sync_folder(const std::filesystem::path& folder) {
    const std::filesystem::path place = folder.empty() ? "." : folder;
    const int descriptor = ::open(place.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool synced = descriptor >= 0 && ::fsync(descriptor) == 0;
    const int number = errno;
    if (descriptor >= 0) {
        ::close(descriptor);
    }
    if (!synced) {
        return file_error(number, "making its name durable", place);
    }
    return {};
}

}  // namespace tandem
