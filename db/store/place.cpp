#include "db/store/place.h"

#include <sys/vfs.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>
#include <utility>

#include "db/store/database_error.h"
#include "db/store/store.h"

namespace tandem {

std::filesystem::path default_database_path() {
    const auto variable = [](const char* name) {
        const char* value = std::getenv(name);
        return std::string(value == nullptr ? "" : value);
    };
    if (const std::string path = variable("TANDEM_DB"); !path.empty()) {
        return path;
    }
    if (const std::string data = variable("XDG_DATA_HOME"); !data.empty()) {
        return std::filesystem::path(data) / "tandem" / "results.db";
    }
    return std::filesystem::path(variable("HOME")) / ".local" / "share" / "tandem" / "results.db";
}

namespace db {

std::optional<std::string_view> network_filesystem(std::int64_t f_type) {
    // Values of linux/magic.h and statfs(2).
    constexpr std::array<std::pair<std::uint32_t, std::string_view>, 9> known{{{0x6969, "NFS"},
                                                                               {0x517B, "SMB"},
                                                                               {0xFF534D42, "CIFS"},
                                                                               {0xFE534D42, "SMB2"},
                                                                               {0x564C, "NCP"},
                                                                               {0x5346414F, "AFS"},
                                                                               {0x6B414653, "AFS"},
                                                                               {0x73757245, "Coda"},
                                                                               {0x00C36400, "Ceph"}}};
    for (const auto& [magic, name] : known) {
        if (magic == static_cast<std::uint32_t>(f_type)) {
            return name;
        }
    }
    return std::nullopt;
}

Result<void> prepare_place(const std::filesystem::path& path) {
    std::error_code failed;
    if (std::filesystem::is_directory(path, failed)) {
        return not_a_database(path, "it is a folder");
    }
    const std::filesystem::path folder = path.parent_path();
    std::filesystem::create_directories(folder, failed);
    if (failed) {
        const bool refused = failed.value() == EACCES || failed.value() == EROFS || failed.value() == EPERM;
        return Error{.code = refused ? "DB_READ_ONLY" : "DB_IO",
                     .message = "cannot make the folder of the database (" + failed.message() +
                                "); nothing was changed; choose another place with --db",
                     .where = folder.string(),
                     .kind = ErrorKind::io};
    }
    struct statfs place {};
    if (statfs(folder.c_str(), &place) == 0) {
        if (const auto name = network_filesystem(static_cast<std::int64_t>(place.f_type))) {
            return Error{.code = "DB_NETWORK_FILESYSTEM",
                         .message = "the folder is on a network file system (" + std::string(*name) +
                                    "), where SQLite cannot lock; nothing was changed; choose a local folder with --db "
                                    "or TANDEM_DB",
                         .where = path.string(),
                         .kind = ErrorKind::io};
        }
    }
    return {};
}

}  // namespace db
}  // namespace tandem
