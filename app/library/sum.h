// SHA-256 of what makes a model: one file, the list of a folder's files, or a catalogued shape.
// Errors: FILE_*, MODEL_NOT_FOUND, CANCELLED. Thread rule: stateless.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/api/result.h"
#include "engine/api/sha256.h"
#include "engine/models/catalogue.h"

namespace tandem::library {

using BytesListener = std::function<void(std::int64_t done_bytes, std::int64_t total_bytes)>;

Result<std::string> sum_file(const std::filesystem::path& path, const BytesListener& listener, std::stop_token stop);

// The files of a folder that decide what the model computes, by name: weights, their index, configuration, tokenizer
// and chat template. Not README or licence.
Result<std::vector<std::filesystem::path>> model_files(const std::filesystem::path& folder);

// The sum over "SUM  NAME\n" of each model file in the order of names, as sha256sum prints them.
std::string sum_of_list(const std::vector<std::pair<std::string, std::string>>& names_and_sums);

// Of a random model: its id and configuration, so that an edited catalogue row is another model.
std::string sum_of_catalogued(const CatalogueModel& model);

}  // namespace tandem::library
