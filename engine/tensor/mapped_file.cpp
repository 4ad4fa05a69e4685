#include "engine/tensor/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace tandem {
namespace {

class Descriptor {
public:
    explicit Descriptor(int value) : value_(value) {}
    ~Descriptor() {
        if (value_ >= 0) {
            ::close(value_);
        }
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int get() const { return value_; }

private:
    int value_;
};

std::string reason(int number) {
    return std::generic_category().message(number);
}

Error open_error(int number, const std::string& where) {
    switch (number) {
        case ENOENT:
        case ENOTDIR:
            return {.code = "FILE_NOT_FOUND",
                    .message = "there is no such file; nothing was loaded",
                    .where = where,
                    .kind = ErrorKind::bad_input};
        case EACCES:
        case EPERM:
            return {.code = "FILE_PERMISSION",
                    .message = "this user may not read the file; nothing was loaded",
                    .where = where,
                    .kind = ErrorKind::io};
        default:
            return {.code = "FILE_OPEN",
                    .message = "the system refused to open the file: " + reason(number) + "; nothing was loaded",
                    .where = where,
                    .kind = ErrorKind::io};
    }
}

}  // namespace

Result<std::shared_ptr<const MappedFile>> MappedFile::open(const std::filesystem::path& path, EmptyFile empty) {
    const std::string where = path.string();
    // Without O_NONBLOCK, opening a named pipe would wait for a writer for ever.
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (file.get() < 0) {
        return open_error(errno, where);
    }
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) {
        return open_error(errno, where);
    }
    if (S_ISDIR(status.st_mode)) {
        return Error{.code = "FILE_IS_FOLDER",
                     .message = "found a folder, need a file; nothing was loaded",
                     .where = where,
                     .kind = ErrorKind::bad_input};
    }
    if (!S_ISREG(status.st_mode)) {
        return Error{.code = "FILE_NOT_REGULAR",
                     .message = "found a device, pipe or socket, need a regular file; nothing was loaded",
                     .where = where,
                     .kind = ErrorKind::bad_input};
    }
    if (status.st_size == 0) {
        if (empty == EmptyFile::allowed) {
            return std::shared_ptr<const MappedFile>(new MappedFile({}));
        }
        return Error{.code = "FILE_EMPTY",
                     .message = "the file has 0 bytes; nothing was loaded",
                     .where = where,
                     .kind = ErrorKind::bad_input};
    }
    const auto size = static_cast<std::size_t>(status.st_size);
    void* address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
    if (address == MAP_FAILED) {
        const int number = errno;
        return Error{
            .code = "FILE_MAP",
            .message = "cannot map " + std::to_string(size) + " bytes: " + reason(number) + "; nothing was loaded",
            .where = where,
            .kind = number == ENOMEM ? ErrorKind::out_of_memory : ErrorKind::io};
    }
    return std::shared_ptr<const MappedFile>(new MappedFile({static_cast<const std::byte*>(address), size}));
}

MappedFile::~MappedFile() {
    if (!bytes_.empty()) {
        ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
    }
}

}  // namespace tandem
