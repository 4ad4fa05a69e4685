#include "experiments/plan/data.h"

#include <filesystem>
#include <map>
#include <optional>
#include <type_traits>

#include "experiments/spec/problems.h"
#include "experiments/spec/scalar.h"
#include "experiments/spec/sweep_path.h"

namespace tandem {
namespace {

// Calls each(name, file) for every knob that is a data file, given or not.
template <class AWorkload, class Each>
void each_file(AWorkload& workload, Each&& each) {
    std::visit(
        [&](auto& options) {
            using Options = std::remove_const_t<std::remove_reference_t<decltype(options)>>;
            Options::visit(options, [&](const FieldInfo& info, auto& field) {
                if constexpr (std::is_same_v<std::remove_const_t<std::remove_reference_t<decltype(field)>>, DataFile>) {
                    each(info.name, field);
                }
            });
        },
        workload);
}

std::string names_of(const DataFacts& facts) {
    std::vector<std::string> names;
    for (const auto& [name, part] : facts.parts) {
        if (!name.empty()) {
            names.push_back(shortened(name));
        }
    }
    return names.empty() ? "its lines name no split" : "it has " + join_choices(names);
}

PairCounts* counts_of(std::string_view name, DataCounts& counts) {
    return name == "train" ? &counts.train : name == "validation" ? &counts.validation : &counts.test;
}

}  // namespace

std::string data_key(const WorkloadSpec& workload, const std::string& path) {
    return (std::filesystem::path(workload.position.file).parent_path() / path).lexically_normal().string();
}

std::vector<NeededFile> needed_data(const ExperimentSpec& spec) {
    std::vector<NeededFile> files;
    std::map<std::string, std::size_t> places;
    const auto add = [&](const WorkloadSpec& workload, const DataFile& file, const SourcePosition& position) {
        if (!file.given()) {
            return;
        }
        const std::string key = data_key(workload, file.path);
        const auto [place, is_new] = places.emplace(key, files.size());
        if (is_new) {
            files.push_back({.key = key, .path = file.path, .position = position});
        }
        files[place->second].in_splits |= !file.split.empty();
    };
    std::vector<std::pair<SweepPath, const SweepAxis*>> axes;
    for (const SweepGroup& group : spec.sweep) {
        for (const SweepAxis& axis : group.axes) {
            axes.emplace_back(*parse_sweep_path(axis.path), &axis);
        }
    }
    for (const WorkloadSpec& workload : spec.workloads) {
        const auto swept_by = [&](const SweepPath& path, std::string_view knob) {
            return path.section == SweepSection::workloads && path.knob == knob &&
                   (path.name == "*" || path.name == workload.name);
        };
        each_file(workload.workload, [&](std::string_view name, const DataFile& file) {
            bool swept = false;
            for (const auto& [path, axis] : axes) {
                if (swept_by(path, name)) {
                    swept = true;
                    for (const std::string& value : axis->values) {
                        add(workload, data_file(value), axis->position);
                    }
                }
            }
            if (!swept) {
                add(workload, file, workload.position);
            }
        });
    }
    return files;
}

Result<DataCounts> place_data(const WorkloadSpec& spec, const PlanInputs& inputs, Workload& workload) {
    DataCounts counts;
    std::optional<Error> error;
    each_file(workload, [&](std::string_view name, DataFile& file) {
        if (!file.given() || error) {
            return;
        }
        const auto known = inputs.data.find(data_key(spec, file.path));
        if (known == inputs.data.end() || known->second.sha256.empty()) {
            error = Error{.code = "PLAN_DATA_UNKNOWN",
                          .message = "nothing is known of the data file \"" + shortened(file.path) +
                                     "\" that workload " + spec.name + " reads; nothing was run",
                          .where = to_string(spec.position)};
            return;
        }
        const DataFacts& facts = known->second;
        const auto part = facts.parts.find(file.split);
        if (part == facts.parts.end() || part->second.rows == 0) {
            error = Error{.code = "DATA_EMPTY",
                          .message = std::string(name) + " of workload " + spec.name + " is " +
                                     shortened(spelled(file)) + ", which has no pairs" +
                                     (file.split.empty() ? "" : "; " + names_of(facts)) + "; nothing was run",
                          .where = to_string(spec.position),
                          .kind = ErrorKind::bad_input};
            return;
        }
        file.path = facts.location;
        file.sha256 = facts.sha256;
        *counts_of(name, counts) = {part->second.rows, part->second.bytes, part->second.longest};
    });
    if (error) {
        return *error;
    }
    return counts;
}

}  // namespace tandem
