#include "engine/tensor/foreign_file.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

namespace tandem {
namespace {

std::string_view head_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), std::min<std::size_t>(bytes.size(), 512)};
}

std::string lower(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return result;
}

bool is_pickle(std::span<const std::byte> bytes) {
    const std::string_view head = head_of(bytes);
    if (head.size() < 2) {
        return false;
    }
    const auto first = static_cast<unsigned char>(head[0]);
    const auto second = static_cast<unsigned char>(head[1]);
    if (first == 0x80 && second >= 2 && second <= 5) {
        return true;
    }
    // Protocol 0 and 1 have no signature: they open with a mark, a container or a global, and end with STOP.
    return std::string_view("(]}cl").find(head[0]) != std::string_view::npos && bytes.back() == std::byte{'.'};
}

}  // namespace

std::optional<ForeignKind> recognise_foreign(std::span<const std::byte> bytes) {
    const std::string_view head = head_of(bytes);
    if (head.starts_with("version https://git-lfs")) {
        return ForeignKind::git_lfs_pointer;
    }
    if (head.starts_with(std::string_view("PK\x03\x04", 4)) || head.starts_with(std::string_view("PK\x05\x06", 4))) {
        return ForeignKind::zip_archive;
    }
    if (head.starts_with("\x1f\x8b")) {
        return ForeignKind::gzip_archive;
    }
    if (head.starts_with("GGUF")) {
        return ForeignKind::gguf;
    }
    const std::size_t start = std::min(head.find_first_not_of(" \t\r\n\xEF\xBB\xBF"), head.size());
    const std::string text = lower(head.substr(start, 32));
    for (const std::string_view tag : {"<!doctype", "<html", "<?xml", "<head", "<body"}) {
        if (text.starts_with(tag)) {
            return ForeignKind::web_page;
        }
    }
    if (is_pickle(bytes)) {
        return ForeignKind::pickle;
    }
    if (text.starts_with("{\"") || text.starts_with("{\n") || text.starts_with("{ ")) {
        return ForeignKind::json;
    }
    return std::nullopt;
}

std::string foreign_description(ForeignKind kind) {
    switch (kind) {
        case ForeignKind::git_lfs_pointer:
            return "a Git LFS pointer (the real file was not downloaded; try `git lfs pull`)";
        case ForeignKind::web_page:
            return "a web page (a download that answered with a login or error page)";
        case ForeignKind::zip_archive:
            return "a ZIP archive";
        case ForeignKind::gzip_archive:
            return "a gzip archive";
        case ForeignKind::pickle:
            return "a Python pickle";
        case ForeignKind::json:
            return "a JSON text";
        case ForeignKind::gguf:
            return "a GGUF file";
    }
    return "another kind of file";
}

Error not_a_model(ForeignKind kind, const std::string& wanted, const std::string& where) {
    return {.code = "NOT_A_MODEL",
            .message = "looks like " + foreign_description(kind) + ", need " + wanted + "; nothing was loaded",
            .where = where,
            .kind = ErrorKind::bad_input};
}

Error pickle_refused(const std::string& found, const std::string& where) {
    return {.code = "PICKLE_REFUSED",
            .message = "found " + found +
                       ", which may run code when it is read; convert it to safetensors elsewhere, on a machine you "
                       "can lose; nothing was loaded",
            .where = where,
            .kind = ErrorKind::bad_input};
}

bool is_pickle_name(const std::filesystem::path& path) {
    constexpr std::array<std::string_view, 8> endings{".pt",  ".pth", ".bin", ".ckpt",
                                                      ".pt2", ".mar", ".pkl", ".pickle"};
    return std::find(endings.begin(), endings.end(), lower(path.extension().string())) != endings.end();
}

}  // namespace tandem
