// What a file is when it is not the model it is named after: a Git LFS pointer, a web page, an archive, a pickle.
// Thread rule: stateless.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include "engine/api/result.h"

namespace tandem {

enum class ForeignKind { git_lfs_pointer, web_page, zip_archive, gzip_archive, pickle, json, gguf };

// Judged by the first bytes (a protocol 0 pickle also by its last). Absent: not recognised. A safetensors file can
// begin like a pickle, so ask only after its own reader has refused the bytes.
std::optional<ForeignKind> recognise_foreign(std::span<const std::byte> bytes);

// "a Git LFS pointer (the real file was not downloaded)", for messages.
std::string foreign_description(ForeignKind kind);

// NOT_A_MODEL: "looks like ...; need ...". `wanted` as in "a GGUF file".
Error not_a_model(ForeignKind kind, const std::string& wanted, const std::string& where);

// PICKLE_REFUSED: pickles, and formats that carry them, may run code when read.
Error pickle_refused(const std::string& found, const std::string& where);

// .pt, .pth, .bin, .ckpt, .pt2, .mar, .pkl, .pickle in any case.
bool is_pickle_name(const std::filesystem::path& path);

}  // namespace tandem
