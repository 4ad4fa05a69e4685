#include "experiments/spec/sweep_reader.h"

#include <algorithm>
#include <cmath>

#include "experiments/spec/options_reader.h"
#include "experiments/spec/sweep_path.h"

namespace tandem {
namespace {

constexpr std::size_t max_axes = 64;

// What an axis over `path` would vary: the first thing of that name that has the knob.
std::optional<TrialParts> parts_at(const SweepPath& path, const ExperimentSpec& spec) {
    TrialParts parts;
    parts.load = spec.load;
    const auto matches = [&](const std::string& name) { return path.name == "*" || path.name == name; };
    switch (path.section) {
        case SweepSection::load:
            return has_single_knob<LoadOptions>(path.knob) ? std::optional(parts) : std::nullopt;
        case SweepSection::pairings:
            for (const PairingSpec& pairing : spec.pairings) {
                if (matches(pairing.name) && path.knob == "model") {
                    parts.model = pairing.model;
                    return parts;
                }
            }
            return std::nullopt;
        case SweepSection::targets:
            for (const TargetSpec& target : spec.targets) {
                if (matches(target.name) && has_single_knob<DeviceOptions>(path.knob)) {
                    parts.device = target.device;
                    return parts;
                }
            }
            return std::nullopt;
        case SweepSection::workloads:
            for (const WorkloadSpec& workload : spec.workloads) {
                if (matches(workload.name) && has_knob(workload.workload, path.knob)) {
                    parts.workload = workload.workload;
                    return parts;
                }
            }
            return std::nullopt;
    }
    return std::nullopt;
}

std::vector<std::string> model_names(const ExperimentSpec& spec) {
    std::vector<std::string> names;
    for (const ModelSpec& model : spec.models) {
        names.push_back(model.name);
    }
    return names;
}

MaybeFault check_value(const SweepPath& path, const SweepValue& value, const ExperimentSpec& spec, TrialParts& parts) {
    if (path.section == SweepSection::pairings) {
        const std::vector<std::string> models = model_names(spec);
        if (std::find(models.begin(), models.end(), value.text) == models.end()) {
            Fault fault = *not_one_of({value.text, value.quoted}, models);
            fault.code = "SPEC_REFERENCE";
            return fault;
        }
    }
    if (MaybeFault fault = apply_setting(path, {value.text, value.quoted}, false, parts)) {
        return fault;
    }
    switch (path.section) {
        case SweepSection::targets:
            return check_options(parts.device);
        case SweepSection::workloads:
            return std::visit([](const auto& options) { return check_options(options); }, parts.workload);
        default:
            return std::nullopt;
    }
}

class SweepReader {
public:
    SweepReader(const std::set<std::string>& unread, ExperimentSpec& spec, Problems& problems)
        : unread_(unread), spec_(spec), problems_(problems) {}

    void read(const YamlNode& sweep) {
        if (!sweep.is_map()) {
            problems_.add_fault("sweep", {"SPEC_TYPE", "needs a map, found " + describe(sweep)}, sweep.position());
            return;
        }
        for (const YamlNode& item : sweep.items) {
            if (item.key != "grid" && item.key != "linked" && item.key != "exclude") {
                report_unknown_key(item, "sweep", {"grid", "linked", "exclude"}, problems_);
            }
        }
        if (const YamlNode* grid = sweep.find("grid")) {
            read_grid(*grid);
        }
        if (const YamlNode* linked = sweep.find("linked")) {
            each_item(*linked, "sweep.linked", [&](const YamlNode& group) { read_linked(group); });
        }
        std::size_t axes = 0;
        for (const SweepGroup& group : spec_.sweep) {
            axes += group.axes.size();
        }
        if (axes > max_axes) {
            problems_.add("SWEEP_TOO_LARGE",
                          "sweep varies " + std::to_string(axes) + " knobs, allowed are " + std::to_string(max_axes),
                          sweep.position());
        }
        if (const YamlNode* exclude = sweep.find("exclude")) {
            each_item(*exclude, "sweep.exclude", [&](const YamlNode& combination) { read_exclude(combination); });
        }
    }

private:
    template <class Read>
    void each_item(const YamlNode& list, const std::string& path, Read&& read) {
        if (!list.is_sequence()) {
            problems_.add_fault(path, {"SPEC_TYPE", "needs a list of maps, found " + describe(list)}, list.position());
            return;
        }
        for (const YamlNode& item : list.items) {
            if (!item.is_map() || item.items.empty()) {
                problems_.add_fault(path, {"SPEC_TYPE", "needs maps of a path and its values, found " + describe(item)},
                                    item.position());
            } else {
                read(item);
            }
        }
    }

    void read_grid(const YamlNode& grid) {
        if (!grid.is_map()) {
            problems_.add_fault("sweep.grid",
                                {"SPEC_TYPE", "needs a map of paths and their values, found " + describe(grid)},
                                grid.position());
            return;
        }
        for (const YamlNode& item : grid.items) {
            SweepAxis axis = read_axis(item, "sweep.grid." + item.key);
            if (!axis.values.empty()) {
                spec_.sweep.push_back({.axes = {std::move(axis)}});
            }
        }
    }

    void read_linked(const YamlNode& map) {
        SweepGroup group;
        for (const YamlNode& item : map.items) {
            SweepAxis axis = read_axis(item, "sweep.linked." + item.key);
            if (!axis.values.empty()) {
                group.axes.push_back(std::move(axis));
            }
        }
        if (group.axes.size() != map.items.size()) {
            return;  // an axis has problems of its own
        }
        for (const SweepAxis& axis : group.axes) {
            const SweepAxis& first = group.axes.front();
            if (axis.values.size() != first.values.size()) {
                problems_.add("SWEEP_LINKED_LENGTH",
                              "knobs that vary together need lists of one length: " + first.path + " has " +
                                  std::to_string(first.values.size()) + " values, " + axis.path + " has " +
                                  std::to_string(axis.values.size()),
                              axis.position);
                return;
            }
        }
        spec_.sweep.push_back(std::move(group));
    }

    // The path if it exists, is not swept yet and stands on sound ground.
    std::optional<SweepPath> read_path(const YamlNode& item) {
        const std::optional<SweepPath> path = parse_sweep_path(item.key);
        if (path && !path->name.empty() && unread_.contains(path->name)) {
            return std::nullopt;
        }
        if (path && parts_at(*path, spec_)) {
            return path;
        }
        constexpr std::size_t longest = 120;
        std::string message =
            "\"" + item.key.substr(0, longest) + "\" is no knob of this experiment that takes one value";
        if (const std::string nearest = did_you_mean(item.key, sweepable_paths(spec_)); !nearest.empty()) {
            message += "; did you mean " + nearest + "?";
        } else {
            message += "; a path is load.KNOB, pairings.NAME.model, targets.NAME.KNOB or workloads.NAME.KNOB";
        }
        const bool may_be_unread = path && path->name == "*" && !unread_.empty();
        if (!may_be_unread) {
            problems_.add("SWEEP_PATH", std::move(message), item.key_position());
        }
        return std::nullopt;
    }

    // Without values after a problem.
    SweepAxis read_axis(const YamlNode& item, const std::string& where) {
        SweepAxis axis{.path = item.key, .values = {}, .position = item.key_position()};
        const std::optional<SweepPath> path = read_path(item);
        if (!path) {
            return axis;
        }
        for (const auto& [other_text, other] : swept_) {
            if (covers(other, *path) || covers(*path, other)) {
                problems_.add("SWEEP_PATH", item.key + " is swept twice, the first time as " + other_text,
                              item.key_position());
                return axis;
            }
        }
        swept_.emplace_back(item.key, *path);
        Problems own;
        TrialParts parts = *parts_at(*path, spec_);
        for (const SweepValue& value : read_values(item, where, own)) {
            if (MaybeFault fault = check_value(*path, value, spec_, parts)) {
                own.add_fault(where, std::move(*fault), value.position);
            }
            axis.values.push_back(value.text);
        }
        if (!own.empty()) {
            axis.values.clear();
        }
        problems_.append(std::move(own));
        return axis;
    }

    void read_exclude(const YamlNode& map) {
        SweepExclude exclude{.equals = {}, .position = map.position()};
        for (const YamlNode& item : map.items) {
            if (!item.is_scalar()) {
                problems_.add_fault("sweep.exclude." + item.key,
                                    {"SPEC_TYPE", "needs one value, found " + describe(item)}, item.position());
                continue;
            }
            if (const auto value = excluded_value(item)) {
                exclude.equals.emplace_back(item.key, *value);
            }
        }
        if (exclude.equals.size() == map.items.size()) {
            spec_.exclude.push_back(std::move(exclude));
        }
    }

    // The axis's own spelling of the excluded value, so that planning compares strings.
    std::optional<std::string> excluded_value(const YamlNode& item) {
        const std::optional<SweepPath> path = read_path(item);
        if (!path) {
            return std::nullopt;
        }
        const std::string where = "sweep.exclude." + item.key;
        TrialParts parts = *parts_at(*path, spec_);
        if (MaybeFault fault = check_value(*path, {item.text, item.quoted, {}}, spec_, parts)) {
            problems_.add_fault(where, std::move(*fault), item.position());
            return std::nullopt;
        }
        const std::string sought = setting_value(*path, parts);
        bool swept = false;
        for (const SweepGroup& group : spec_.sweep) {
            for (const SweepAxis& axis : group.axes) {
                if (!covers(*parse_sweep_path(axis.path), *path)) {
                    continue;
                }
                swept = true;
                for (const std::string& value : axis.values) {
                    (void)apply_setting(*path, {value, false}, true, parts);
                    if (setting_value(*path, parts) == sought) {
                        return value;
                    }
                }
            }
        }
        if (swept) {
            problems_.add_fault(where, {"SPEC_RANGE", "is " + item.text + ", which the sweep never takes"},
                                item.position());
        } else if (std::none_of(swept_.begin(), swept_.end(),
                                [&](const auto& other) { return covers(other.second, *path); })) {
            problems_.add("SWEEP_PATH", item.key + " is excluded but not swept", item.key_position());
        }
        return std::nullopt;
    }

    const std::set<std::string>& unread_;
    ExperimentSpec& spec_;
    Problems& problems_;
    std::vector<std::pair<std::string, SweepPath>> swept_;
};

}  // namespace

void read_sweep(const YamlNode& sweep, const std::set<std::string>& unread, ExperimentSpec& spec, Problems& problems) {
    SweepReader(unread, spec, problems).read(sweep);
}

double count_trials(const ExperimentSpec& spec) {
    const double cells = static_cast<double>(spec.pairings.size()) * static_cast<double>(spec.targets.size()) *
                         static_cast<double>(spec.workloads.size()) * static_cast<double>(spec.seeds.size());
    if (cells > static_cast<double>(max_trials)) {
        return cells;
    }
    std::vector<std::vector<SweepPath>> groups;
    for (const SweepGroup& group : spec.sweep) {
        auto& paths = groups.emplace_back();
        for (const SweepAxis& axis : group.axes) {
            paths.push_back(*parse_sweep_path(axis.path));
        }
    }
    double total = 0;
    for (const PairingSpec& pairing : spec.pairings) {
        for (const TargetSpec& target : spec.targets) {
            for (const WorkloadSpec& workload : spec.workloads) {
                double product = static_cast<double>(spec.seeds.size());
                for (std::size_t g = 0; g < groups.size(); ++g) {
                    if (std::any_of(groups[g].begin(), groups[g].end(),
                                    [&](const SweepPath& path) { return concerns(path, pairing, target, workload); })) {
                        product *= static_cast<double>(spec.sweep[g].axes.front().values.size());
                    }
                }
                total += product;
            }
        }
    }
    return total;
}

}  // namespace tandem
