// A regular file's bytes, mapped read-only. The pages belong to the kernel's cache and are shared by every process that
// maps the same model. A file that another program cuts short while it is mapped ends the process on the next access
// (SIGBUS): that is why trials run in workers of their own.
// Errors: FILE_NOT_FOUND, FILE_IS_FOLDER, FILE_PERMISSION, FILE_NOT_REGULAR, FILE_EMPTY, FILE_OPEN, FILE_MAP.
// Thread rule: const after open, shared freely.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>

#include "engine/api/result.h"

namespace tandem {

enum class EmptyFile { refused, allowed };

class MappedFile {
public:
    static Result<std::shared_ptr<const MappedFile>> open(const std::filesystem::path& path,
                                                          EmptyFile empty = EmptyFile::refused);
    ~MappedFile();
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    std::span<const std::byte> bytes() const { return bytes_; }

private:
    explicit MappedFile(std::span<const std::byte> bytes) : bytes_(bytes) {}
    std::span<const std::byte> bytes_;
};

}  // namespace tandem
