// The file that --out names. Errors: FILE_WRITE, FILE_NOT_REGULAR, FILE_NOT_FOUND. Thread rule: stateless.
#pragma once

#include <string>

#include "engine/api/result.h"

namespace tandem::cli {

// Where to write, behind symbolic links; asked before anything is computed. `out` becomes absolute.
Result<std::string> place_of_out(std::string& out);

}  // namespace tandem::cli
