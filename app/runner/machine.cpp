#include "experiments/execute/machine.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <numeric>
#include <sstream>
#include <thread>
#include <vector>

#include "app/runner/runner.h"
#include "experiments/plan/estimate.h"

namespace tandem {
namespace {

constexpr double default_bandwidth = 20e9;
constexpr double default_flops = 50e9;

// Bytes per second that all cores read together from memory far larger than their caches, the best of two passes;
// about 50 ms.
double measure_bandwidth(std::int64_t cores) {
    using Clock = std::chrono::steady_clock;
    constexpr std::size_t bytes_per_core = std::size_t{24} << 20;
    constexpr int passes = 2;
    const auto count = static_cast<std::size_t>(std::clamp<std::int64_t>(cores, 1, 16));
    std::vector<std::vector<std::uint64_t>> blocks(count);
    std::vector<std::uint64_t> sums(count);  // kept, so that the reading is not optimised away
    double best = 0;
    for (int pass = 0; pass <= passes; ++pass) {
        const auto begin = Clock::now();
        {
            std::vector<std::jthread> threads;
            for (std::size_t core = 0; core < count; ++core) {
                threads.emplace_back([&, core] {
                    if (blocks[core].empty()) {
                        blocks[core].assign(bytes_per_core / sizeof(std::uint64_t), core);
                    }
                    sums[core] += std::accumulate(blocks[core].begin(), blocks[core].end(), std::uint64_t{0});
                });
            }
        }
        const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
        if (pass > 0 && seconds > 0) {
            best = std::max(best, static_cast<double>(count * bytes_per_core) / seconds);
        }
    }
    return sums.front() == std::numeric_limits<std::uint64_t>::max() ? 0 : best;
}

// Multiply-adds in f32 that matrix products reach in practice: about 40 % of what the cores' vectors could at 2.5 GHz.
double estimate_flops(const MachineDescription& machine) {
    const auto has = [&](const char* feature) {
        return std::find(machine.cpu_features.begin(), machine.cpu_features.end(), feature) !=
               machine.cpu_features.end();
    };
    if (machine.cpu_features.empty()) {
        return default_flops;
    }
    constexpr double hertz = 2.5e9, share = 0.4;
    const double per_cycle = has("avx512f") ? 64 : has("avx2") ? 32 : 8;
    return std::max(1.0, static_cast<double>(machine.cores)) * hertz * per_cycle * share;
}

double load_average() {
    std::array<double, 1> load{};
    return getloadavg(load.data(), 1) == 1 ? load[0] : 0;
}

}  // namespace

std::vector<std::string> machine_warnings() {
    std::vector<std::string> warnings;
    const MachineDescription machine = describe_machine();
    const MachineReadings now = read_machine();
    const std::int64_t swapped = swapped_memory();
    constexpr std::int64_t noticeable = std::int64_t{64} << 20;
    if (swapped > noticeable) {
        warnings.push_back(show_bytes(swapped) +
                           " of memory are swapped out; timings may suffer; close what is not needed");
    }
    if (now.governor == "powersave") {
        warnings.push_back(
            "the CPU's governor is powersave, so its clock may change while measuring; `cpupower frequency-set -g "
            "performance` fixes it");
    }
    if (now.power_source == "battery") {
        warnings.push_back("this machine runs on its battery, so its clock may be held down; plug it in to measure");
    }
    const double load = load_average();
    if (machine.cores > 0 && load > static_cast<double>(machine.cores) / 2) {
        std::ostringstream text;
        text.precision(2);
        text << "other programs keep this machine busy (load " << load << " on " << machine.cores
             << " cores), which may falsify timings; measure when it is idle";
        warnings.push_back(text.str());
    }
    return warnings;
}

MachineFacts local_machine_facts() {
    const MachineDescription machine = describe_machine();
    const double bandwidth = measure_bandwidth(machine.cores);
    return {.fingerprint = machine.host + "; " + machine.cpu + "; " + std::to_string(machine.cores) + " cores; " +
                           std::to_string(machine.memory_bytes) + " bytes",
            .memory_bytes = machine.memory_bytes,
            .cores = std::max<std::int64_t>(machine.cores, 1),
            .memory_bandwidth = bandwidth > 0 ? bandwidth : default_bandwidth,
            .flops = estimate_flops(machine)};
}

std::string local_environment_json() {
    return machine_environment_json();
}

}  // namespace tandem
