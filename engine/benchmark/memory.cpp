#include "engine/benchmark/memory.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <string>

namespace tandem {
namespace {

std::optional<std::int64_t> own_status(std::string_view key) {
    std::ifstream file("/proc/self/status");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    return status_bytes(text, key);
}

}  // namespace

std::optional<std::int64_t> resident_bytes() {
    return own_status("VmRSS");
}

std::optional<std::int64_t> peak_resident_bytes() {
    return own_status("VmHWM");
}

bool reset_peak_resident() {
    std::ofstream file("/proc/self/clear_refs");
    file << "5" << std::flush;  // proc(5): resets the peak resident set size
    return file.good();
}

std::optional<std::int64_t> status_bytes(std::string_view status, std::string_view key) {
    while (!status.empty()) {
        const std::size_t end = status.find('\n');
        std::string_view line = status.substr(0, end);
        status.remove_prefix(end == std::string_view::npos ? status.size() : end + 1);
        if (!line.starts_with(key) || line.substr(key.size()).substr(0, 1) != ":") {
            continue;
        }
        line.remove_prefix(key.size() + 1);
        line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
        std::int64_t kibibytes = 0;
        const auto [rest, fault] = std::from_chars(line.data(), line.data() + line.size(), kibibytes);
        const std::string_view unit(rest, static_cast<std::size_t>(line.data() + line.size() - rest));
        if (fault != std::errc() || unit != " kB" || kibibytes < 0) {
            return std::nullopt;
        }
        return kibibytes * 1024;
    }
    return std::nullopt;
}

}  // namespace tandem
