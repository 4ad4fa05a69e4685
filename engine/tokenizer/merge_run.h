// The merging itself: symbols become fewer until no neighbours may merge. Thread rule: stateless. Errors: none.
#pragma once

#include <vector>

#include "engine/tokenizer/merge_table.h"

namespace tandem {

void run_merges(const MergeTable& merges, std::vector<TokenId>& symbols);

}  // namespace tandem
