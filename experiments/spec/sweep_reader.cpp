#include "experiments/spec/sweep_reader.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "experiments/spec/options_reader.h"
#include "experiments/spec/pairing_knobs.h"
#include "experiments/spec/sections.h"
#include "experiments/spec/sweep_path.h"

namespace tandem {
namespace {

constexpr std::size_t max_axes = 64;
constexpr std::size_t max_exclusions = 2000;
constexpr std::size_t max_values = 5 * static_cast<std::size_t>(max_trials);  // over all axes

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
                if (matches(pairing.name) && has_pairing_knob(pairing.method, path.knob)) {
                    parts.pairing = pairing;
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

class SweepReader {
public:
    SweepReader(const std::set<std::string>& unread, ExperimentSpec& spec, Problems& problems)
        : unread_(unread), spec_(spec), problems_(problems) {
        for (const ModelSpec& model : spec.models) {
            models_.insert(model.name);
        }
    }

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
            if (spec_.exclude.size() > max_exclusions) {
                problems_.add("SWEEP_TOO_LARGE",
                              "sweep.exclude has " + std::to_string(spec_.exclude.size()) +
                                  " combinations, allowed are " + std::to_string(max_exclusions),
                              exclude->key_position());
            }
        }
    }

private:
    // Sets the value and says what is wrong with it alone; knobs that limit each other are checked when planned.
    MaybeFault check_value(const SweepPath& path, const SweepValue& value, TrialParts& parts) const {
        const bool of_pairing = path.section == SweepSection::pairings && names_model(parts.pairing.method, path.knob);
        const bool of_labels = path.section == SweepSection::workloads && path.knob == "labels_from";
        if ((of_pairing || of_labels) && !models_.contains(value.text)) {
            return no_such_model(value.text, spec_, problems_);
        }
        if (MaybeFault fault = apply_setting(path, {value.text, value.quoted}, false, parts)) {
            return fault;
        }
        return path.section == SweepSection::targets ? check_options(parts.device) : std::nullopt;
    }

    template <class Read>
    void each_item(const YamlNode& list, const std::string& path, Read&& read) {
        if (!list.is_sequence()) {
            problems_.add_fault(path, {"SPEC_TYPE", "needs a list of maps, found " + describe(list)}, list.position());
            return;
        }
        for (const YamlNode& item : list.items) {
            if (problems_.full()) {
                return;
            }
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
            if (problems_.full()) {
                return;
            }
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
            "\"" + shortened(item.key, longest) + "\" is no knob of this experiment that takes one value";
        if (const std::string nearest = nearest_path(item.key); !nearest.empty()) {
            message += "; did you mean " + nearest + "?";
        } else {
            message += "; a path is load.KNOB, pairings.NAME.KNOB, targets.NAME.KNOB or workloads.NAME.KNOB";
        }
        const bool may_be_unread = path && path->name == "*" && !unread_.empty();
        if (!may_be_unread) {
            problems_.add("SWEEP_PATH", std::move(message), item.key_position());
        }
        return std::nullopt;
    }

    std::string nearest_path(const std::string& key) {
        if (!problems_.all_shown()) {
            return {};
        }
        if (sweepable_.empty()) {
            sweepable_ = sweepable_paths(spec_);
        }
        const auto knob = std::find_if(sweepable_.begin(), sweepable_.end(),
                                       [&](const std::string& path) { return path.ends_with("." + key); });
        return knob != sweepable_.end() ? *knob : did_you_mean(key, sweepable_);
    }

    // Without values after a problem.
    SweepAxis read_axis(const YamlNode& item, const std::string& where) {
        SweepAxis axis{.path = item.key, .values = {}, .position = item.key_position()};
        const std::optional<SweepPath> path = read_path(item);
        if (!path) {
            return axis;
        }
        for (const Swept& other : swept_) {
            if (covers(other.path, *path) || covers(*path, other.path)) {
                problems_.add("SWEEP_PATH", item.key + " is swept twice, the first time as " + other.text,
                              item.key_position());
                return axis;
            }
        }
        Swept& swept = swept_.emplace_back(Swept{.text = item.key, .path = *path, .spellings = {}});
        Problems own;
        TrialParts parts = *parts_at(*path, spec_);
        const std::vector<SweepValue> values = read_values(item, where, own);
        values_ += values.size();
        if (values_ > max_values) {
            own.add_fault(where,
                          {"SWEEP_TOO_LARGE", "brings the sweep to more than " + std::to_string(max_values) +
                                                  " values, which is the most that is read"},
                          item.key_position());
        }
        for (const SweepValue& value : values) {
            if (own.full() || values_ > max_values) {
                break;
            }
            if (MaybeFault fault = check_value(*path, value, parts)) {
                own.add_fault(where, std::move(*fault), value.position);
                continue;
            }
            axis.values.push_back(swept.spellings.emplace(setting_value(*path, parts), value.text).first->second);
        }
        swept.sound = own.empty();
        if (!swept.sound) {
            axis.values.clear();
        }
        problems_.append(std::move(own));
        return axis;
    }

    void read_exclude(const YamlNode& map) {
        SweepExclude exclude{.equals = {}, .position = map.position()};
        for (const YamlNode& item : map.items) {
            if (!item.is_scalar()) {
                problems_.add_fault("sweep.exclude." + shortened(item.key),
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
        if (MaybeFault fault = check_value(*path, {item.text, item.quoted, {}}, parts)) {
            problems_.add_fault(where, std::move(*fault), item.position());
            return std::nullopt;
        }
        const std::string sought = setting_value(*path, parts);
        bool swept = false;
        for (const Swept& other : swept_) {
            if (covers(other.path, *path)) {
                swept = true;
                if (const auto spelling = other.spellings.find(sought); spelling != other.spellings.end()) {
                    return spelling->second;
                }
                if (!other.sound) {
                    return std::nullopt;  // its values have problems of their own
                }
            }
        }
        if (swept) {
            problems_.add_fault(where, {"SPEC_RANGE", "is " + shortened(item.text) + ", which the sweep never takes"},
                                item.position());
        } else {
            problems_.add("SWEEP_PATH", item.key + " is excluded but not swept", item.key_position());
        }
        return std::nullopt;
    }

    struct Swept {
        std::string text;
        SweepPath path;
        std::map<std::string, std::string> spellings;  // 4GiB and 4294967296 are one value, spelled as met first
        bool sound = true;
    };

    const std::set<std::string>& unread_;
    ExperimentSpec& spec_;
    Problems& problems_;
    std::vector<Swept> swept_;
    std::set<std::string, std::less<>> models_;
    std::vector<std::string> sweepable_;  // filled when first needed
    std::size_t values_ = 0;              // over all axes
};

}  // namespace

void read_sweep(const YamlNode& sweep, const std::set<std::string>& unread, ExperimentSpec& spec, Problems& problems) {
    SweepReader(unread, spec, problems).read(sweep);
}

double count_trials(const ExperimentSpec& spec) {
    // Looking at every pairing with every workload and target shall not take longer than a plan may.
    const double cells = static_cast<double>(spec.pairings.size()) * static_cast<double>(spec.targets.size()) *
                         static_cast<double>(spec.workloads.size());
    if (cells > static_cast<double>(max_trials)) {
        return cells * static_cast<double>(spec.seeds.size());
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
                if (!is_for(workload, pairing)) {
                    continue;
                }
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
