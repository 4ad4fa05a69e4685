#include "experiments/spec/sweep_path.h"

#include "experiments/spec/options_reader.h"
#include "experiments/spec/pairing_knobs.h"

namespace tandem {
namespace {

template <class Options>
void add_single_knobs(const std::string& prefix, std::vector<std::string>& out) {
    for (const std::string& knob : knob_names<Options>()) {
        if (has_single_knob<Options>(knob)) {
            out.push_back(prefix + knob);
        }
    }
}

}  // namespace

std::optional<SweepPath> parse_sweep_path(std::string_view text) {
    const std::size_t first = text.find('.');
    if (first == std::string_view::npos) {
        return std::nullopt;
    }
    const std::string_view head = text.substr(0, first);
    const std::string_view rest = text.substr(first + 1);
    if (head == "load") {
        return rest.empty() ? std::nullopt : std::optional(SweepPath{SweepSection::load, "", std::string(rest)});
    }
    const std::size_t second = rest.find('.');
    if (second == std::string_view::npos || second == 0 || second + 1 == rest.size()) {
        return std::nullopt;
    }
    SweepPath path{SweepSection::load, std::string(rest.substr(0, second)), std::string(rest.substr(second + 1))};
    if (head == "pairings") {
        path.section = SweepSection::pairings;
    } else if (head == "targets") {
        path.section = SweepSection::targets;
    } else if (head == "workloads") {
        path.section = SweepSection::workloads;
    } else {
        return std::nullopt;
    }
    return path;
}

bool has_knob(const Workload& workload, std::string_view knob) {
    return std::visit([&](const auto& options) { return has_single_knob<std::decay_t<decltype(options)>>(knob); },
                      workload);
}

bool concerns(const SweepPath& path, const PairingSpec& pairing, const TargetSpec& target,
              const WorkloadSpec& workload) {
    const auto matches = [&](const std::string& name) { return path.name == "*" || path.name == name; };
    switch (path.section) {
        case SweepSection::load:
            return !std::holds_alternative<NullWorkload>(workload.workload);
        case SweepSection::pairings:
            return matches(pairing.name) && has_pairing_knob(pairing.method, path.knob);
        case SweepSection::targets:
            return matches(target.name);
        case SweepSection::workloads:
            return matches(workload.name) && has_knob(workload.workload, path.knob);
    }
    return false;
}

bool covers(const SweepPath& outer, const SweepPath& inner) {
    return outer.section == inner.section && outer.knob == inner.knob &&
           (outer.name == inner.name || outer.name == "*");
}

MaybeFault apply_setting(const SweepPath& path, Scalar value, bool checked, TrialParts& parts) {
    switch (path.section) {
        case SweepSection::load:
            return set_knob(parts.load, path.knob, value, checked);
        case SweepSection::pairings:
            return set_pairing_knob(parts.pairing, path.knob, value, checked);
        case SweepSection::targets:
            return set_knob(parts.device, path.knob, value, checked);
        case SweepSection::workloads:
            return std::visit([&](auto& options) { return set_knob(options, path.knob, value, checked); },
                              parts.workload);
    }
    return std::nullopt;
}

std::string setting_value(const SweepPath& path, const TrialParts& parts) {
    switch (path.section) {
        case SweepSection::load:
            return knob_value(parts.load, path.knob);
        case SweepSection::pairings:
            return pairing_value(parts.pairing, path.knob);
        case SweepSection::targets:
            return knob_value(parts.device, path.knob);
        case SweepSection::workloads:
            return std::visit([&](const auto& options) { return knob_value(options, path.knob); }, parts.workload);
    }
    return {};
}

std::vector<std::string> sweepable_paths(const ExperimentSpec& spec) {
    std::vector<std::string> paths;
    add_single_knobs<LoadOptions>("load.", paths);
    for (const PairingSpec& pairing : spec.pairings) {
        for (const std::string& key : pairing_keys(pairing.method)) {
            if (has_pairing_knob(pairing.method, key)) {
                paths.push_back("pairings." + pairing.name + "." + key);
                paths.push_back("pairings.*." + key);
            }
        }
    }
    for (const TargetSpec& target : spec.targets) {
        add_single_knobs<DeviceOptions>("targets." + target.name + ".", paths);
    }
    add_single_knobs<DeviceOptions>("targets.*.", paths);
    for (const WorkloadSpec& workload : spec.workloads) {
        std::visit(
            [&](const auto& options) {
                using Options = std::decay_t<decltype(options)>;
                add_single_knobs<Options>("workloads." + workload.name + ".", paths);
                add_single_knobs<Options>("workloads.*.", paths);
            },
            workload.workload);
    }
    return paths;
}

}  // namespace tandem
