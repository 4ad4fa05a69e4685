// Where a conversion writes to: checked before anything is read for long, made whole or not at all.
// Errors: CONVERT_EXISTS, CONVERT_SAME_PLACE, CONVERT_NO_SPACE, FILE_*. Thread rule: one owner.
#pragma once

#include <cstdint>
#include <filesystem>

#include "engine/api/result.h"
#include "engine/convert/convert.h"

namespace tandem {

// The target is not the source, is not there or may be replaced, and its parent folder exists. Returned: the place to
// write to, behind symbolic links.
Result<std::filesystem::path> check_target(const std::filesystem::path& source, const std::filesystem::path& target,
                                           Existing existing);

// Removes what a conversion to this place left beside it when it was killed: NAME.partial-PID of a process that is
// gone.
void remove_leftovers(const std::filesystem::path& target);

// `bytes` and a little more fit where the target is going to be.
Result<void> check_space(const std::filesystem::path& target, std::int64_t bytes);

// A folder that is filled beside its place and then gets its name; removed with all it holds unless committed.
class TargetFolder {
public:
    static Result<TargetFolder> create(const std::filesystem::path& target);
    TargetFolder(TargetFolder&& other) noexcept;
    TargetFolder& operator=(TargetFolder&&) = delete;
    ~TargetFolder();

    const std::filesystem::path& path() const { return beside_; }  // to write into
    // Replaces what is there under its name.
    Result<void> commit();

private:
    TargetFolder(std::filesystem::path target, std::filesystem::path beside);
    std::filesystem::path target_;
    std::filesystem::path beside_;  // empty once committed
};

}  // namespace tandem
