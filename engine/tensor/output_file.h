// A file that is whole or not there: written beside its place under a temporary name, made durable, then renamed over
// whatever was there. What is not committed is removed. Errors: FILE_DISK_FULL, FILE_PERMISSION, FILE_NOT_FOUND,
// FILE_IO, each with the path and the system's reason. Thread rule: one owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include "engine/api/result.h"

namespace tandem {

class OutputFile {
public:
    static Result<OutputFile> create(const std::filesystem::path& path);
    OutputFile(OutputFile&& other) noexcept;
    OutputFile& operator=(OutputFile&&) = delete;
    ~OutputFile();

    // Buffered: an error may show in a later call.
    Result<void> append(std::span<const std::byte> bytes);
    Result<void> append(std::string_view text) { return append(std::as_bytes(std::span(text))); }
    std::int64_t bytes() const { return bytes_; }

    // Everything is on disk, under its own name. Nothing may follow.
    Result<void> commit();

private:
    OutputFile(std::filesystem::path path, std::filesystem::path beside, int descriptor);
    Result<void> write_out(std::span<const std::byte> bytes);
    Error fault(int number, std::string_view doing) const;

    std::filesystem::path path_;
    std::filesystem::path beside_;
    int descriptor_ = -1;  // open until committed
    std::int64_t bytes_ = 0;
    std::vector<std::byte> waiting_;
};

// Where a file of that name is to be written: behind symbolic links, so that the link stays and what it points to is
// replaced. Refuses what is there and is neither a regular file nor a folder (a device, a pipe, a socket): renaming
// over it would destroy it. Errors: FILE_NOT_REGULAR, FILE_NOT_FOUND.
Result<std::filesystem::path> output_place(const std::filesystem::path& path);

// The list of names in `folder` is on disk.
Result<void> sync_folder(const std::filesystem::path& folder);

}  // namespace tandem
