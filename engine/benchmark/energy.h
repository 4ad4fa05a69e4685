// Energy of the processor packages by the RAPL counters that Linux shows under /sys/class/powercap. It is the whole
// package's energy, idle share and other programs included. Thread rule: one thread at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace tandem {

class EnergyMeter {
public:
    // Absent where there is no package counter that this user may read: virtual machines, other processors, kernels
    // that keep it for root.
    static std::optional<EnergyMeter> open(const std::filesystem::path& powercap = "/sys/class/powercap");

    // As in "RAPL package-0, package-1": what is counted.
    std::string source() const;

    // Adds what was used since the last reading. Counters wrap around (after minutes to an hour under load): read at
    // least once a minute. A counter that became unreadable ends the measurement: joules() is absent from then on.
    void update();

    // Joules since open, as of the last update().
    std::optional<double> joules() const;

private:
    struct Package {
        std::string name;
        std::filesystem::path counter;
        std::int64_t range_uj = 0;  // the counter's values are 0 ... range_uj
        std::int64_t last_uj = 0;
    };

    std::vector<Package> packages_;
    double used_uj_ = 0;
    bool failed_ = false;
};

}  // namespace tandem
