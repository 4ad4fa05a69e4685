// Token ids as people write them: whole numbers with blanks or commas between. Errors: TOK_ID_RANGE. Thread rule:
// stateless.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/result.h"

namespace tandem::cli {

// From 0 to below `vocab`. `where` names the place of the text; the column is added. `ending`: "nothing was run".
Result<std::vector<std::int64_t>> read_ids(std::string_view text, std::int64_t vocab, const std::string& where,
                                           std::string_view ending);

}  // namespace tandem::cli
