#include "app/cli/out_file.h"

#include <filesystem>

#include "engine/tensor/output_file.h"

namespace tandem::cli {

Result<std::string> place_of_out(std::string& out) {
    namespace fs = std::filesystem;
    std::error_code ignored;
    out = fs::absolute(out, ignored).string();
    const fs::path place = TANDEM_TRY(output_place(out));
    if (!place.has_filename() || !fs::is_directory(place.parent_path(), ignored) || fs::is_directory(place, ignored)) {
        return Error{.code = "FILE_WRITE",
                     .message = "--out needs a file in a folder that is there; nothing was run",
                     .where = out,
                     .kind = ErrorKind::bad_input};
    }
    return place.string();
}

}  // namespace tandem::cli
