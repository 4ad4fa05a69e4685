// From files and command line to one tree: `base:` resolved, overrides applied, every value still knowing where it was
// written. Paths that a file names stay inside the experiment's folder.
// Errors: FILE_NOT_FOUND, FILE_READ, FILE_TOO_LARGE, PATH_ESCAPES, BASE_CYCLE, BASE_TOO_DEEP, SPEC_MISSING, SPEC_TYPE,
// SPEC_RANGE, SPEC_CONFLICT, SWEEP_PATH and those of yaml_tree.h. Thread rule: stateless; reads files.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "experiments/spec/problems.h"
#include "experiments/spec/spec.h"
#include "experiments/spec/yaml_tree.h"

namespace tandem {

inline constexpr int language_version = 1;
inline constexpr std::size_t max_base_chain = 8;

Result<std::string> read_text_file(const std::filesystem::path& path, std::size_t max_bytes);

// `named` relative to `folder`, provided that it stays inside `root` (symbolic links followed).
Result<std::filesystem::path> path_inside(const std::filesystem::path& root, const std::filesystem::path& folder,
                                          const std::string& named);

// The merged document without its `base`. Nothing where a text could not be read at all; problems say why.
std::optional<YamlNode> read_document(std::string_view yaml, const std::string& file_name,
                                      const std::vector<Override>& overrides, Problems& problems);

}  // namespace tandem
