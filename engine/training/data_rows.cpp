#include "engine/training/data_rows.h"

#include <string>

#include "engine/api/sha256.h"
#include "engine/tensor/mapped_file.h"

namespace tandem {
namespace {

Result<void> check_sum(const DataFile& file) {
    if (file.sha256.empty()) {
        return {};
    }
    const auto mapped = TANDEM_TRY(MappedFile::open(file.path, EmptyFile::allowed));
    const std::string found = sha256_hex(mapped->bytes());
    if (found == file.sha256) {
        return {};
    }
    return Error{.code = "DATA_CHANGED",
                 .message = "the file is not the one that was planned: found the SHA-256 " + found + ", need " +
                            file.sha256 + "; nothing was read",
                 .where = file.path,
                 .kind = ErrorKind::bad_input};
}

}  // namespace

Result<std::vector<TextPair>> read_data_rows(const DataFile& file, std::int64_t rows) {
    TANDEM_TRY(check_sum(file));
    auto pairs = TANDEM_TRY(file.split.empty() ? read_text_pairs(file.path) : read_split(file.path, file.split));
    if (rows > 0 && static_cast<std::uint64_t>(rows) < pairs.size()) {
        pairs.resize(static_cast<std::size_t>(rows));
    }
    return pairs;
}

}  // namespace tandem
