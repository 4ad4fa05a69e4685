// Training data: JSONL, an object with the strings `source` and `target` on each line; other keys are for others. A
// `split` says which part a line belongs to where one file holds them all. No torch. Errors, each with file and line:
// DATA_NOT_JSON, DATA_DUPLICATE_KEY, DATA_MISSING_KEY, DATA_TYPE, DATA_NOT_UTF8, DATA_LINE_TOO_LONG, DATA_EMPTY,
// DATA_SPLIT, FILE_*. Thread rule: stateless.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/result.h"

namespace tandem {

struct TextPair {
    std::string source;
    std::string target;
    std::int64_t line = 0;  // from 1
};

inline constexpr std::size_t longest_data_line = std::size_t{16} << 20;  // bytes

// Where the parts of a data set are: a file for each, or one file whose lines say it.
struct DataSplits {
    std::map<std::string, std::filesystem::path> files;  // by the split's name, as in "train", "validation", "test"
    std::filesystem::path file;                          // the one file; empty: `files` has them
    std::vector<std::string> declared;                   // of the one file: every split that a line may name
};

// One file in its order. Blank lines are skipped; a byte order mark at the beginning too. A file without pairs is
// refused.
Result<std::vector<TextPair>> read_text_pairs(const std::filesystem::path& path);

// The lines of one file that name this split, in their order; every line must name one. A split without pairs is
// refused with those that there are.
Result<std::vector<TextPair>> read_split(const std::filesystem::path& path, std::string_view split);

// All parts. Every declared split must have pairs, and every line of the one file must name one of them.
Result<std::map<std::string, std::vector<TextPair>>> read_splits(const DataSplits& splits);

}  // namespace tandem
