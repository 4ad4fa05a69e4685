#include "app/studio/experiment/sweep_edits.h"

#include <algorithm>

#include "experiments/spec/pairing_knobs.h"
#include "experiments/spec/sweep_path.h"

namespace tandem::studio {
namespace {

bool names_models(const std::string& path) {
    const std::optional<SweepPath> read = parse_sweep_path(path);
    return read && read->section == SweepSection::pairings &&
           (read->knob == "model" || read->knob == "llm" || read->knob == "slm");
}

template <class Drop>
void erase_axes(ExperimentSpec& spec, Drop&& drop) {
    for (SweepGroup& group : spec.sweep) {
        std::erase_if(group.axes, drop);
    }
    std::erase_if(spec.sweep, [](const SweepGroup& group) { return group.axes.empty(); });
}

void rename_path(std::string& path, std::string_view prefix, std::string_view fresh) {
    if (path.starts_with(prefix)) {
        path.replace(0, prefix.size(), fresh);
    }
}

}  // namespace

void drop_axes(ExperimentSpec& spec, std::string_view prefix) {
    erase_axes(spec, [&](const SweepAxis& axis) { return axis.path.starts_with(prefix); });
}

void drop_foreign_axes(ExperimentSpec& spec, const PairingSpec& pairing) {
    erase_axes(spec, [&](const SweepAxis& axis) {
        const std::optional<SweepPath> path = parse_sweep_path(axis.path);
        return path && path->section == SweepSection::pairings && path->name == pairing.name &&
               !has_pairing_knob(pairing.method, path->knob);
    });
}

void drop_swept_model(ExperimentSpec& spec, std::string_view model) {
    for (SweepGroup& group : spec.sweep) {
        for (std::size_t a = 0; a < group.axes.size(); ++a) {
            if (!names_models(group.axes[a].path)) {
                continue;
            }
            for (std::size_t v = group.axes[a].values.size(); v-- > 0;) {
                if (group.axes[a].values[v] != model) {
                    continue;
                }
                for (SweepAxis& linked : group.axes) {
                    linked.values.erase(linked.values.begin() + static_cast<std::ptrdiff_t>(v));
                }
            }
        }
    }
    std::erase_if(spec.sweep, [](const SweepGroup& group) { return group.axes.front().values.empty(); });
}

void drop_idle_exclusions(ExperimentSpec& spec) {
    const auto is_swept = [&](const std::pair<std::string, std::string>& term) {
        for (const SweepGroup& group : spec.sweep) {
            for (const SweepAxis& axis : group.axes) {
                const bool there = std::find(axis.values.begin(), axis.values.end(), term.second) != axis.values.end();
                if (axis.path == term.first && there) {
                    return true;
                }
            }
        }
        return false;
    };
    std::erase_if(spec.exclude, [&](const SweepExclude& combination) {
        return !std::all_of(combination.equals.begin(), combination.equals.end(), is_swept);
    });
}

void rename_axes(ExperimentSpec& spec, std::string_view prefix, std::string_view fresh) {
    for (SweepGroup& group : spec.sweep) {
        for (SweepAxis& axis : group.axes) {
            rename_path(axis.path, prefix, fresh);
        }
    }
    for (SweepExclude& combination : spec.exclude) {
        for (auto& term : combination.equals) {
            rename_path(term.first, prefix, fresh);
        }
    }
}

void rename_swept_model(ExperimentSpec& spec, std::string_view model, const std::string& fresh) {
    for (SweepGroup& group : spec.sweep) {
        for (SweepAxis& axis : group.axes) {
            if (names_models(axis.path)) {
                std::replace(axis.values.begin(), axis.values.end(), std::string(model), fresh);
            }
        }
    }
    for (SweepExclude& combination : spec.exclude) {
        for (auto& [path, value] : combination.equals) {
            if (names_models(path) && value == model) {
                value = fresh;
            }
        }
    }
}

}  // namespace tandem::studio
