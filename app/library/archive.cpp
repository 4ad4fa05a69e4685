#include "app/library/archive.h"

#include <fnmatch.h>
#include <sys/stat.h>
#include <zip.h>

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "app/library/files.h"

namespace tandem::library {
namespace {

constexpr zip_int64_t most_members = 20'000;
constexpr std::uint64_t most_ratio = 200;        // weights hardly shrink; deflate's utmost is 1032
constexpr std::uint64_t small_member = 1 << 20;  // may have any ratio

struct CloseArchive {
    void operator()(zip_t* archive) const { zip_discard(archive); }
};
struct CloseMember {
    void operator()(zip_file_t* member) const { zip_fclose(member); }
};
using Archive = std::unique_ptr<zip_t, CloseArchive>;

Error refused(const char* code, const std::string& message, const std::filesystem::path& archive) {
    return {.code = code,
            .message = message + "; nothing was taken from it",
            .where = archive.string(),
            .kind = ErrorKind::bad_input};
}

Result<Archive> open_archive(const std::filesystem::path& path) {
    int code = 0;
    zip_t* archive = zip_open(path.c_str(), ZIP_RDONLY | ZIP_CHECKCONS, &code);
    if (archive == nullptr) {
        zip_error_t error;
        zip_error_init_with_code(&error, code);
        const std::string reason = zip_error_strerror(&error);
        zip_error_fini(&error);
        return refused("ARCHIVE_NOT_ZIP", "not a readable zip archive (" + reason + ")", path);
    }
    return Archive(archive);
}

bool leaves_folder(std::string_view name) {
    if (name.empty() || name.front() == '/' || name.find('\\') != std::string_view::npos ||
        (name.size() > 1 && name[1] == ':')) {
        return true;
    }
    std::size_t begin = 0;
    while (begin <= name.size()) {
        const std::size_t end = std::min(name.find('/', begin), name.size());
        if (name.substr(begin, end - begin) == "..") {
            return true;
        }
        begin = end + 1;
    }
    return false;
}

// Links, devices and the like; only archives made on Unix say.
bool is_special_file(zip_t* archive, zip_uint64_t index) {
    zip_uint8_t system = 0;
    zip_uint32_t attributes = 0;
    if (zip_file_get_external_attributes(archive, index, 0, &system, &attributes) != 0 || system != ZIP_OPSYS_UNIX) {
        return false;
    }
    const mode_t type = (attributes >> 16) & S_IFMT;
    return type != 0 && type != S_IFREG && type != S_IFDIR;
}

Result<void> check_member(zip_t* archive, zip_uint64_t index, const zip_stat_t& facts,
                          const std::filesystem::path& path) {
    const std::string name = facts.name;
    if (leaves_folder(name)) {
        return refused("ARCHIVE_PATH", "it holds the name '" + name.substr(0, 200) + "', which leaves the folder",
                       path);
    }
    if (is_special_file(archive, index)) {
        return refused("ARCHIVE_LINK", "'" + name + "' is a link or a device, allowed are files and folders", path);
    }
    if ((facts.valid & ZIP_STAT_ENCRYPTION_METHOD) != 0 && facts.encryption_method != ZIP_EM_NONE) {
        return refused("ARCHIVE_ENCRYPTED", "'" + name + "' is encrypted", path);
    }
    if (facts.size > small_member && facts.size / std::max<std::uint64_t>(facts.comp_size, 1) > most_ratio) {
        return refused("ARCHIVE_RATIO",
                       "'" + name + "' grows from " + std::to_string(facts.comp_size) + " to " +
                           std::to_string(facts.size) + " bytes, allowed is " + std::to_string(most_ratio) + " times",
                       path);
    }
    return {};
}

// Looks at the whole list first: an archive with one hostile name is refused whole.
Result<zip_stat_t> find_member(zip_t* archive, const ArchiveMember& member) {
    const zip_int64_t count = zip_get_num_entries(archive, 0);
    if (count > most_members) {
        return refused("ARCHIVE_MEMBERS",
                       "it holds " + std::to_string(count) + " members, allowed are " + std::to_string(most_members),
                       member.archive);
    }
    std::vector<zip_stat_t> found;
    for (zip_uint64_t index = 0; index < static_cast<zip_uint64_t>(count); ++index) {
        zip_stat_t facts;
        constexpr zip_uint64_t needed = ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE;
        if (zip_stat_index(archive, index, 0, &facts) != 0 || (facts.valid & needed) != needed) {
            return refused("ARCHIVE_DAMAGED", "member " + std::to_string(index) + " has no readable description",
                           member.archive);
        }
        if (auto checked = check_member(archive, index, facts, member.archive); !checked) {
            return checked.error();
        }
        if (fnmatch(member.pattern.c_str(), facts.name, FNM_PATHNAME | FNM_NOESCAPE) == 0) {
            facts.index = index;
            found.push_back(facts);
        }
    }
    if (found.size() != 1) {
        return refused("ARCHIVE_MEMBER",
                       "'" + member.pattern + "' is there " + std::to_string(found.size()) + " times, need once",
                       member.archive);
    }
    if (found.front().size > static_cast<zip_uint64_t>(member.most_bytes)) {
        return refused("ARCHIVE_SIZE",
                       "'" + std::string(found.front().name) + "' has " + std::to_string(found.front().size) +
                           " bytes, expected are at most " + std::to_string(member.most_bytes),
                       member.archive);
    }
    return found.front();
}

}  // namespace

Result<std::int64_t> append_member(const ArchiveMember& member, int descriptor, const std::filesystem::path& out,
                                   Sha256& sum, const BytesListener& listener, std::stop_token stop) {
    const Archive archive = TANDEM_TRY(open_archive(member.archive));
    const zip_stat_t facts = TANDEM_TRY(find_member(archive.get(), member));
    const std::unique_ptr<zip_file_t, CloseMember> file(zip_fopen_index(archive.get(), facts.index, 0));
    const auto damaged = [&] {
        return refused("ARCHIVE_DAMAGED",
                       "'" + member.pattern + "' cannot be read whole (" + zip_strerror(archive.get()) + ")",
                       member.archive);
    };
    if (file == nullptr) {
        return damaged();
    }
    const auto size = static_cast<std::int64_t>(facts.size);
    std::vector<std::byte> buffer(std::size_t{1} << 20);
    std::int64_t done = 0;
    while (done <= size) {
        if (stop.stop_requested()) {
            return Error{.code = "CANCELLED",
                         .message = "stopped while unpacking; nothing was added",
                         .where = member.archive.string(),
                         .kind = ErrorKind::cancelled};
        }
        const zip_int64_t got = zip_fread(file.get(), buffer.data(), buffer.size());  // checks the CRC at the end
        if (got < 0) {
            return damaged();
        }
        if (got == 0) {
            break;
        }
        const auto bytes = std::span(buffer).first(static_cast<std::size_t>(got));
        sum.add(bytes);
        if (auto written = write_all(descriptor, bytes, out); !written) {
            return written.error();
        }
        done += got;
        if (listener) {
            listener(done, size);
        }
    }
    if (done != size) {
        return damaged();
    }
    return done;
}

}  // namespace tandem::library
