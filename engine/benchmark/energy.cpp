#include "engine/benchmark/energy.h"

#include <algorithm>
#include <fstream>
#include <system_error>

namespace tandem {
namespace {

std::optional<std::int64_t> read_number(const std::filesystem::path& path) {
    std::ifstream file(path);
    std::int64_t number = 0;
    return file >> number && number >= 0 ? std::optional(number) : std::nullopt;
}

std::string read_word(const std::filesystem::path& path) {
    std::ifstream file(path);
    std::string word;
    file >> word;
    return word;
}

}  // namespace

std::optional<EnergyMeter> EnergyMeter::open(const std::filesystem::path& powercap) {
    EnergyMeter meter;
    std::error_code fault;
    for (std::filesystem::directory_iterator entry(powercap, fault), end; !fault && entry != end;
         entry.increment(fault)) {
        // Only packages: cores and graphics are parts of them, psys is more than the processor. Each package also
        // appears behind the memory-mapped interface (intel-rapl-mmio), which would count it twice.
        const std::filesystem::path& zone = entry->path();
        const std::string name = read_word(zone / "name");
        if (!zone.filename().string().starts_with("intel-rapl:") || !name.starts_with("package-")) {
            continue;
        }
        const auto range = read_number(zone / "max_energy_range_uj");
        const auto now = read_number(zone / "energy_uj");
        if (!range || !now || *range == 0) {
            return std::nullopt;  // a sum with a package missing would be wrong
        }
        meter.packages_.push_back({.name = name, .counter = zone / "energy_uj", .range_uj = *range, .last_uj = *now});
    }
    if (meter.packages_.empty()) {
        return std::nullopt;
    }
    std::sort(meter.packages_.begin(), meter.packages_.end(),
              [](const Package& a, const Package& b) { return a.name < b.name; });
    return meter;
}

std::string EnergyMeter::source() const {
    std::string text = "RAPL";
    for (const Package& package : packages_) {
        text += (&package == &packages_.front() ? " " : ", ") + package.name;
    }
    return text;
}

void EnergyMeter::update() {
    for (Package& package : packages_) {
        const auto now = read_number(package.counter);
        if (!now) {
            failed_ = true;
            return;
        }
        const std::int64_t wrapped = *now < package.last_uj ? package.range_uj + 1 : 0;
        used_uj_ += static_cast<double>(*now - package.last_uj + wrapped);
        package.last_uj = *now;
    }
}

std::optional<double> EnergyMeter::joules() const {
    return failed_ ? std::nullopt : std::optional(used_uj_ * 1e-6);
}

}  // namespace tandem
