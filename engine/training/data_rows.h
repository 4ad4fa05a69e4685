// The pairs that a job means by a data file: the whole file or one split of it, all or the first so many. No torch.
// Errors: those of text_pairs.h, DATA_CHANGED (the file is not the one that was planned). Thread rule: stateless.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/api/data_file.h"
#include "engine/api/result.h"
#include "engine/training/text_pairs.h"

namespace tandem {

// The first `rows` pairs, 0: all; fewer where there are fewer. The file's sum is checked where it is given.
Result<std::vector<TextPair>> read_data_rows(const DataFile& file, std::int64_t rows);

}  // namespace tandem
