#include "experiments/plan/combinations.h"

#include <algorithm>

namespace tandem {
namespace {

std::size_t length(const std::vector<const Axis*>& group) {
    return group.front()->declared->values.size();  // linked axes are of one length
}

void find_axis(const Cell& cell, const SweepPath& path, const std::string& value, std::vector<Cell::Taken>& out) {
    for (std::size_t g = 0; g < cell.groups.size(); ++g) {
        for (const Axis* axis : cell.groups[g]) {
            if (covers(axis->path, path)) {
                out.push_back({g, axis->declared, &value});
                return;  // no knob is swept twice
            }
        }
    }
}

}  // namespace

std::int64_t Cell::trials(std::size_t seeds) const {
    auto product = static_cast<double>(seeds);
    for (const std::vector<const Axis*>& group : groups) {
        product *= static_cast<double>(length(group));
    }
    constexpr double most = 1e15;  // of many cells together still exact
    return static_cast<std::int64_t>(std::min(product, most));
}

bool Cell::sweeps(SweepSection section, std::string_view knob) const {
    return std::ranges::any_of(groups, [&](const std::vector<const Axis*>& group) {
        return std::ranges::any_of(
            group, [&](const Axis* axis) { return axis->path.section == section && axis->path.knob == knob; });
    });
}

const SourcePosition& Cell::position() const {
    return groups.empty() ? workload.position : groups.front().front()->declared->position;
}

Sweep::Sweep(const ExperimentSpec& spec) {
    for (const SweepGroup& group : spec.sweep) {
        std::vector<Axis>& axes = groups_.emplace_back();
        for (const SweepAxis& axis : group.axes) {
            axes.push_back({*parse_sweep_path(axis.path), &axis});
        }
    }
    for (const SweepExclude& exclude : spec.exclude) {
        Exclusion& exclusion = exclusions_.emplace_back();
        for (const auto& [path, value] : exclude.equals) {
            exclusion.equals.emplace_back(*parse_sweep_path(path), value);
        }
    }
}

Cell Sweep::cell(const PairingSpec& pairing, const TargetSpec& target, const WorkloadSpec& workload) const {
    Cell cell{pairing, target, workload, {}, {}};
    for (const std::vector<Axis>& group : groups_) {
        std::vector<const Axis*> concerned;
        for (const Axis& axis : group) {
            if (concerns(axis.path, pairing, target, workload)) {
                concerned.push_back(&axis);
            }
        }
        if (!concerned.empty()) {
            cell.groups.push_back(std::move(concerned));
        }
    }
    for (const Exclusion& exclusion : exclusions_) {
        std::vector<Cell::Taken> taken;
        for (const auto& [path, value] : exclusion.equals) {
            if (concerns(path, pairing, target, workload)) {
                find_axis(cell, path, value, taken);
            }
        }
        if (taken.size() == exclusion.equals.size()) {
            cell.exclusions.push_back(std::move(taken));
        }
    }
    return cell;
}

bool Combination::advance() {
    std::size_t g = at_.size();
    while (g > 0 && ++at_[g - 1] == length(cell_.groups[g - 1])) {
        at_[g - 1] = 0;
        --g;
    }
    return g > 0;
}

bool Combination::is_excluded() const {
    return std::ranges::any_of(cell_.exclusions, [&](const std::vector<Cell::Taken>& exclusion) {
        return std::ranges::all_of(
            exclusion, [&](const Cell::Taken& taken) { return taken.axis->values[at_[taken.group]] == *taken.value; });
    });
}

std::vector<Combination::Value> Combination::values() const {
    std::vector<Value> values;
    for (std::size_t g = 0; g < at_.size(); ++g) {
        for (const Axis* axis : cell_.groups[g]) {
            values.push_back({*axis, axis->declared->values[at_[g]]});
        }
    }
    return values;
}

}  // namespace tandem
