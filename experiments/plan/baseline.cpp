#include "experiments/plan/baseline.h"

#include <algorithm>
#include <string_view>

#include "experiments/spec/sweep_path.h"

namespace tandem {
namespace {

constexpr char separator = '\x1f';
constexpr std::string_view of_pairings = "pairings.";

std::string key_of(const Trial& trial, const std::string& pairing) {
    std::string key = pairing + separator + trial.target + separator + trial.workload + separator +
                      std::to_string(trial.seed) + separator;
    for (const auto& [path, value] : trial.settings) {
        if (!path.starts_with(of_pairings)) {
            key += path + separator + value + separator;
        }
    }
    return key;
}

std::vector<std::pair<std::string, std::string>> pairing_settings(const Trial& trial) {
    std::vector<std::pair<std::string, std::string>> own;
    std::copy_if(trial.settings.begin(), trial.settings.end(), std::back_inserter(own),
                 [](const auto& setting) { return setting.first.starts_with(of_pairings); });
    return own;
}

// One axis over several pairings, `pairings.*.KNOB`, has the same value on both sides.
bool agree(const std::vector<std::pair<std::string, std::string>>& a,
           const std::vector<std::pair<std::string, std::string>>& b) {
    return std::all_of(a.begin(), a.end(), [&](const auto& setting) {
        const auto same = std::find_if(b.begin(), b.end(), [&](const auto& s) { return s.first == setting.first; });
        return same == b.end() || same->second == setting.second;
    });
}

bool may_run(const ExperimentSpec& spec, const PairingSpec& pairing, const std::string& model) {
    bool swept = false;
    for (const SweepGroup& group : spec.sweep) {
        for (const SweepAxis& axis : group.axes) {
            const auto path = parse_sweep_path(axis.path);
            if (!path || path->section != SweepSection::pairings || path->knob != "model" ||
                (path->name != "*" && path->name != pairing.name)) {
                continue;
            }
            swept = true;
            if (std::find(axis.values.begin(), axis.values.end(), model) != axis.values.end()) {
                return true;
            }
        }
    }
    return !swept && pairing.model == model;
}

}  // namespace

std::string large_model(const Trial& trial) {
    switch (trial.job.pairing.method) {
        case PairingMethod::llm_to_slm:
            return trial.partner;
        case PairingMethod::speculative:
            return trial.model;
        case PairingMethod::single:
        case PairingMethod::prompt_tuning:
            break;
    }
    return {};
}

std::string default_baseline(const ExperimentSpec& spec, const std::string& model) {
    std::string found;
    for (const PairingSpec& pairing : spec.pairings) {
        if (pairing.method == PairingMethod::single && may_run(spec, pairing, model)) {
            if (!found.empty()) {
                return {};
            }
            found = pairing.name;
        }
    }
    return found;
}

void Baselines::add(const Trial& trial) {
    candidates_[key_of(trial, trial.pairing)].push_back({trial.id, trial.model, pairing_settings(trial)});
}

const std::string* Baselines::named(const std::string& pairing) const {
    const auto found = std::find_if(spec_.pairings.begin(), spec_.pairings.end(),
                                    [&](const PairingSpec& other) { return other.name == pairing; });
    return found == spec_.pairings.end() || found->baseline.empty() ? nullptr : &found->baseline;
}

const std::string& Baselines::usual(const std::string& model) {
    const auto [known, added] = defaults_.try_emplace(model);
    if (added && !model.empty()) {
        known->second = default_baseline(spec_, model);
    }
    return known->second;
}

void Baselines::find(Trial& trial) {
    const std::string large = large_model(trial);
    const std::string* const said = named(trial.pairing);
    const std::string& baseline = said != nullptr ? *said : usual(large);
    if (baseline.empty()) {
        return;
    }
    std::vector<Candidate> fitting;
    if (const auto known = candidates_.find(key_of(trial, baseline)); known != candidates_.end()) {
        const auto own = pairing_settings(trial);
        std::copy_if(known->second.begin(), known->second.end(), std::back_inserter(fitting),
                     [&](const Candidate& candidate) { return agree(own, candidate.own); });
    }
    const auto runs_large = [&](const Candidate& candidate) { return candidate.model == large; };
    if (said == nullptr || std::any_of(fitting.begin(), fitting.end(), runs_large)) {
        std::erase_if(fitting, [&](const Candidate& candidate) { return !runs_large(candidate); });
    }
    const bool one = !fitting.empty() && std::all_of(fitting.begin(), fitting.end(), [&](const Candidate& candidate) {
        return candidate.id == fitting.front().id;
    });
    if (one && fitting.front().id != trial.id) {
        trial.baseline_trial = fitting.front().id;
    }
    if (said != nullptr || !trial.baseline_trial.empty()) {
        trial.baseline = baseline;
    }
}

}  // namespace tandem
