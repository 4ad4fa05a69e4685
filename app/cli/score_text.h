// The texts that `tandem score` reads and the numbers it shows. Errors: FILE_NOT_FOUND, FILE_IO, SCORE_INPUT. Thread
// rule: main thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/result.h"

namespace tandem::cli {

inline constexpr std::size_t segments_worth_telling = 5000;  // from here on scoring may take seconds

// One text a line without whitespace at its end, as sacreBLEU reads files; a last line without a line feed counts. A
// .jsonl file has one JSON string a line, taken as it is. "-" is standard input.
Result<std::vector<std::string>> read_texts(const std::string& file);

// "bleu,rougeL:stem=yes" -> both; what follows "regex=" is one name whatever it holds.
std::vector<std::string> metric_names(std::string_view list);

std::string score_number(double value);  // four decimals
std::string p_number(double p);          // four decimals, or two digits where those would be zero

}  // namespace tandem::cli
