// Files that must be whole or not there: written beside their place, made durable, then renamed. Errors:
// FILE_DISK_FULL, FILE_PERMISSION, FILE_NOT_FOUND, FILE_IO, each with the path and the system's reason.
// Thread rule: stateless; FileLock belongs to one thread at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "engine/api/result.h"

namespace tandem::library {

Error file_error(int system_error, std::string_view doing, const std::filesystem::path& path);

// Owns a file descriptor.
class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    ~Descriptor();
    int get() const { return number_; }

    static Result<Descriptor> open(const std::filesystem::path& path, int flags);

private:
    int number_ = -1;
};

Result<void> make_folder(const std::filesystem::path& folder);
Result<void> write_all(int descriptor, std::span<const std::byte> bytes, const std::filesystem::path& path);
// Everything of the file, then of its folder's list of names, is on disk.
Result<void> make_durable(const std::filesystem::path& path);
Result<void> rename_durably(const std::filesystem::path& from, const std::filesystem::path& to);
// The old content or the new, never a mixture.
Result<void> replace_file(const std::filesystem::path& path, std::string_view text);

// Bytes that may still be written where this path lies, or -1 where that is not known.
std::int64_t free_bytes(const std::filesystem::path& path);

// Held by one process at a time, given up when the process ends however it does.
class FileLock {
public:
    // Waits for whoever holds it.
    static Result<FileLock> wait_for(const std::filesystem::path& path);
    // Errors: FILE_LOCKED where somebody holds it.
    static Result<FileLock> take(const std::filesystem::path& path);

private:
    explicit FileLock(Descriptor descriptor) : descriptor_(std::move(descriptor)) {}
    Descriptor descriptor_;
};

// A new folder inside `parent`, removed with all it holds at the end.
class ScratchFolder {
public:
    static Result<ScratchFolder> make(const std::filesystem::path& parent);
    ScratchFolder(ScratchFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
    ScratchFolder& operator=(ScratchFolder&&) = delete;
    ~ScratchFolder();
    const std::filesystem::path& path() const { return path_; }

private:
    explicit ScratchFolder(std::filesystem::path path) : path_(std::move(path)) {}
    std::filesystem::path path_;
};

}  // namespace tandem::library
