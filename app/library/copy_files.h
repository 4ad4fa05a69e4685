// Copies of files that are on disk when a call returns; what they are copied to must be new. Errors: FILE_*.
// Thread rule: stateless.
#pragma once

#include <filesystem>

#include "engine/api/result.h"

namespace tandem::library {

Result<void> copy_durably(const std::filesystem::path& from, const std::filesystem::path& to);

// A model's file, or of its folder the files that decide what it computes, README and licence: the same sum.
Result<void> copy_model(const std::filesystem::path& location, const std::filesystem::path& to);

// Every file of a folder, those of folders in it too.
Result<void> copy_folder(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace tandem::library
