#include "experiments/execute/machine.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string_view>

#include "experiments/execute/machine_files.h"

namespace tandem {
namespace {

using std::filesystem::path;

constexpr std::int64_t bytes_per_kilobyte = 1024;
constexpr double millidegrees = 1000;

constexpr std::array<std::string_view, 23> telling_features{
    "amx_bf16",    "amx_int8",    "amx_tile",    "asimd",    "asimddp", "asimdhp",  "avx",      "avx2",
    "avx512_bf16", "avx512_fp16", "avx512_vnni", "avx512bw", "avx512f", "avx512vl", "avx_vnni", "bf16",
    "f16c",        "fma",         "i8mm",        "sse4_2",   "ssse3",   "sve",      "sve2"};

std::string first_filled(std::initializer_list<std::string> candidates) {
    for (const std::string& candidate : candidates) {
        if (!candidate.empty()) {
            return candidate;
        }
    }
    return {};
}

std::string host_name(const path& root) {
    return first_filled(
        {machine_files::read(root / "proc/sys/kernel/hostname"), machine_files::read(root / "etc/hostname")});
}

// x86 has "model name"; boards with ARM cores name themselves in the device tree.
std::string cpu_name(const path& root, const std::string& cpuinfo) {
    return first_filled({machine_files::value(cpuinfo, "model name"), machine_files::value(cpuinfo, "Model"),
                         machine_files::read(root / "proc/device-tree/model"),
                         machine_files::value(cpuinfo, "Hardware")});
}

std::vector<std::string> cpu_features(const std::string& cpuinfo) {
    std::istringstream words(
        first_filled({machine_files::value(cpuinfo, "flags"), machine_files::value(cpuinfo, "Features")}));
    std::set<std::string> found;
    for (std::string word; words >> word;) {
        if (std::find(telling_features.begin(), telling_features.end(), word) != telling_features.end()) {
            found.insert(word);
        }
    }
    return {found.begin(), found.end()};
}

// "0-3,8" is 5.
std::int64_t count_list(const std::string& list) {
    std::int64_t count = 0;
    std::istringstream ranges(list);
    for (std::string range; std::getline(ranges, range, ',');) {
        std::int64_t first = 0;
        const char* const end = range.data() + range.size();
        const auto [rest, fault] = std::from_chars(range.data(), end, first);
        if (fault != std::errc()) {
            continue;
        }
        std::int64_t last = first;
        if (rest != end && *rest == '-') {
            std::from_chars(rest + 1, end, last);
        }
        count += std::max<std::int64_t>(last - first + 1, 0);
    }
    return count;
}

std::int64_t count_cores(const path& root) {
    const std::int64_t allowed =
        count_list(machine_files::value(machine_files::read(root / "proc/self/status"), "Cpus_allowed_list"));
    const std::int64_t online = count_list(machine_files::read(root / "sys/devices/system/cpu/online"));
    return allowed > 0 && online > 0 ? std::min(allowed, online) : std::max(allowed, online);
}

std::int64_t memory_field(const path& root, const char* key) {
    std::int64_t kilobytes = 0;
    const std::string text = machine_files::value(machine_files::read(root / "proc/meminfo"), key);
    std::from_chars(text.data(), text.data() + text.size(), kilobytes);
    return kilobytes * bytes_per_kilobyte;
}

std::string os_name(const path& root) {
    std::istringstream lines(machine_files::read(root / "etc/os-release"));
    constexpr std::string_view key = "PRETTY_NAME=";
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(key)) {
            std::erase(line, '"');
            return line.substr(key.size());
        }
    }
    return {};
}

std::vector<std::string> find_gpus(const path& root) {
    std::vector<std::string> gpus;
    for (const path& folder : machine_files::entries(root / "proc/driver/nvidia/gpus", "")) {
        gpus.push_back(first_filled({machine_files::value(machine_files::read(folder / "information"), "Model"),
                                     "NVIDIA GPU at " + folder.filename().string()}));
    }
    if (!gpus.empty()) {
        return gpus;
    }
    for (const path& device : machine_files::entries(root / "dev", "nvidia")) {
        const std::string number = device.filename().string().substr(std::string_view("nvidia").size());
        if (!number.empty() && number.find_first_not_of("0123456789") == std::string::npos) {
            gpus.push_back("NVIDIA GPU " + number);
        }
    }
    return gpus;
}

std::vector<std::pair<std::string, double>> read_temperatures(const path& root) {
    std::vector<std::pair<std::string, double>> temperatures;
    for (const path& zone : machine_files::entries(root / "sys/class/thermal", "thermal_zone")) {
        if (const auto reading = machine_files::read_integer(zone / "temp")) {
            temperatures.emplace_back(first_filled({machine_files::read(zone / "type"), zone.filename().string()}),
                                      static_cast<double>(*reading) / millidegrees);
        }
    }
    return temperatures;
}

std::string read_power_source(const path& root) {
    bool discharging = false;
    bool known = false;
    for (const path& supply : machine_files::entries(root / "sys/class/power_supply", "")) {
        const std::string type = machine_files::read(supply / "type");
        known = known || type == "Mains" || type == "Battery";
        discharging = discharging || (type == "Battery" && machine_files::read(supply / "status") == "Discharging");
    }
    return !known ? "" : discharging ? "battery" : "mains";
}

std::string compiler() {
#if defined(__clang__)
    return "clang " __clang_version__;
#elif defined(__GNUC__)
    return "gcc " __VERSION__;
#else
    return "";
#endif
}

}  // namespace

MachineDescription describe_machine(const path& root) {
    const std::string cpuinfo = machine_files::read(root / "proc/cpuinfo");
    MachineDescription machine{.host = host_name(root),
                               .cpu = cpu_name(root, cpuinfo),
                               .cpu_features = cpu_features(cpuinfo),
                               .cores = count_cores(root),
                               .memory_bytes = memory_field(root, "MemTotal"),
                               .kernel = machine_files::read(root / "proc/sys/kernel/osrelease"),
                               .os = os_name(root),
                               .gpus = find_gpus(root)};
    if (const auto group = machine_files::group_memory(root)) {
        machine.memory_bytes = std::min(machine.memory_bytes, group->limit_bytes);
    }
    return machine;
}

MachineReadings read_machine(const path& root) {
    const path frequency = root / "sys/devices/system/cpu/cpu0/cpufreq";
    return {.memory_available_bytes = available_memory(root),
            .governor = machine_files::read(frequency / "scaling_governor"),
            .frequency_khz = machine_files::read_integer(frequency / "scaling_cur_freq").value_or(0),
            .temperatures = read_temperatures(root),
            .power_source = read_power_source(root)};
}

std::int64_t available_memory(const path& root) {
    const std::int64_t available = memory_field(root, "MemAvailable");
    const auto group = machine_files::group_memory(root);
    return group ? std::min(available, std::max<std::int64_t>(group->limit_bytes - group->used_bytes, 0)) : available;
}

std::int64_t swapped_memory(const path& root) {
    return memory_field(root, "SwapTotal") - memory_field(root, "SwapFree");
}

std::string machine_environment_json(const path& root) {
    const MachineDescription machine = describe_machine(root);
    const MachineReadings readings = read_machine(root);
    const auto or_null = [](const auto& value) {
        return value == std::decay_t<decltype(value)>{} ? nlohmann::json(nullptr) : nlohmann::json(value);
    };
    nlohmann::json temperatures = nlohmann::json::object();
    for (const auto& [sensor, celsius] : readings.temperatures) {
        temperatures[sensor] = celsius;
    }
    const nlohmann::json environment = {{"build", build_description()},
                                        {"compiler", compiler()},
                                        {"cores", machine.cores},
                                        {"cpu", or_null(machine.cpu)},
                                        {"cpu_features", machine.cpu_features},
                                        {"frequency_khz", or_null(readings.frequency_khz)},
                                        {"governor", or_null(readings.governor)},
                                        {"gpus", machine.gpus},
                                        {"host", or_null(machine.host)},
                                        {"kernel", or_null(machine.kernel)},
                                        {"memory_bytes", machine.memory_bytes},
                                        {"os", or_null(machine.os)},
                                        {"power_source", or_null(readings.power_source)},
                                        {"temperatures_celsius", std::move(temperatures)}};
    return environment.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string build_description() {
    return TANDEM_VERSION " (" TANDEM_BUILD_TYPE ")";
}

std::optional<std::int64_t> count_oom_kills(const path& root) {
    const std::string text = machine_files::value(machine_files::read(root / "proc/vmstat"), "oom_kill");
    std::int64_t count = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), count);
    return fault == std::errc() ? std::optional(count) : std::nullopt;
}

}  // namespace tandem
