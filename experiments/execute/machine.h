// What this machine is and how it stands: for plans (fingerprint, memory), for the environment stored with each attempt
// and for what a device tells its controller. Read from /proc and /sys below `root`, which tests replace; what cannot
// be read is left empty or 0, never guessed. Thread rule: stateless. Errors: none.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tandem {

// What stays the same between two runs.
struct MachineDescription {
    std::string host;
    std::string cpu;                        // "AMD EPYC 9454P 48-Core Processor"
    std::vector<std::string> cpu_features;  // those that matter for the kernels, as in "avx2", "i8mm"; sorted
    std::int64_t cores = 0;                 // that this process may use
    std::int64_t memory_bytes = 0;          // of the machine, or of the control group where that is less
    std::string kernel;                     // "6.1.0-28-amd64"
    std::string os;                         // "Debian GNU/Linux 12 (bookworm)"
    std::vector<std::string> gpus;
};

// What changes from moment to moment.
struct MachineReadings {
    std::int64_t memory_available_bytes = 0;                   // without swapping; within the control group's limit
    std::string governor;                                      // "performance"; empty: the kernel shows none
    std::int64_t frequency_khz = 0;                            // of the first core
    std::vector<std::pair<std::string, double>> temperatures;  // sensor, degrees Celsius
    std::string power_source;                                  // "mains", "battery"; empty: not known
};

MachineDescription describe_machine(const std::filesystem::path& root = "/");
MachineReadings read_machine(const std::filesystem::path& root = "/");

// Bytes that a new process may take without swapping; within the control group's limit. Cheaper than read_machine().
std::int64_t available_memory(const std::filesystem::path& root = "/");

// Bytes of memory that the system has moved to disk.
std::int64_t swapped_memory(const std::filesystem::path& root = "/");

// Both and this build in one canonical JSON object (keys sorted, compact): build, compiler, cores, cpu, cpu_features,
// frequency_khz, governor, gpus, host, kernel, memory_bytes, os, power_source, temperatures_celsius.
std::string machine_environment_json(const std::filesystem::path& root = "/");

// "0.1.0 (RelWithDebInfo)": version and build type of the program that asks.
std::string build_description();

// How often the kernel killed a process for want of memory since it started; empty where it does not say.
std::optional<std::int64_t> count_oom_kills(const std::filesystem::path& root = "/");

}  // namespace tandem
