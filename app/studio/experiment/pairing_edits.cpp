#include "app/studio/experiment/pairing_edits.h"

#include <algorithm>

#include "app/studio/experiment/free_name.h"
#include "app/studio/experiment/spec_edits.h"
#include "app/studio/experiment/sweep_edits.h"
#include "experiments/spec/pairing_knobs.h"

namespace tandem::studio {
namespace {

std::vector<PairingSpec>::iterator find_pairing(ExperimentSpec& spec, const std::string& name) {
    return std::find_if(spec.pairings.begin(), spec.pairings.end(),
                        [&](const PairingSpec& pairing) { return pairing.name == name; });
}

std::string axis_prefix(const std::string& pairing) {
    return "pairings." + pairing + ".";
}

// A model to stand beside `other`; the same one where there is no second.
std::string second_model(const ExperimentSpec& spec, const std::string& other) {
    const auto found = std::find_if(spec.models.begin(), spec.models.end(),
                                    [&](const ModelSpec& model) { return model.name != other; });
    return found == spec.models.end() ? other : found->name;
}

void leave_workloads(ExperimentSpec& spec, const std::string& pairing) {
    std::vector<std::string> idle;
    for (WorkloadSpec& workload : spec.workloads) {
        if (std::erase(workload.pairings, pairing) > 0 && workload.pairings.empty()) {
            idle.push_back(workload.name);
        }
    }
    for (const std::string& name : idle) {
        if (spec.workloads.size() > 1) {
            remove_workload(spec, name);
        }
    }
}

// What a new pairing of this method is called, after the model or after what it does.
std::string wish_for(PairingMethod method, const std::string& model) {
    switch (method) {
        case PairingMethod::single:
            return model;
        case PairingMethod::llm_to_slm:
            return "guided";
        case PairingMethod::speculative:
            return "drafted";
        case PairingMethod::prompt_tuning:
            return "soft";
    }
    return model;
}

}  // namespace

std::string& model_at(PairingSpec& pairing, std::string_view key) {
    return has_partner(pairing.method) && key == partner_key(pairing.method) ? pairing.partner : pairing.model;
}

const std::string& model_at(const PairingSpec& pairing, std::string_view key) {
    return has_partner(pairing.method) && key == partner_key(pairing.method) ? pairing.partner : pairing.model;
}

std::vector<std::string> model_words(PairingMethod method) {
    return has_partner(method) ? std::vector<std::string>{"llm", "slm"} : std::vector<std::string>{"model"};
}

void add_pairing(ExperimentSpec& spec, PairingMethod method) {
    const std::string first = spec.models.empty() ? std::string() : spec.models.front().name;
    PairingSpec pairing{
        .name = free_name(wish_for(method, first), spec.pairings), .method = method, .model = first, .position = {}};
    if (has_partner(method)) {
        model_at(pairing, "llm") = first;
        model_at(pairing, "slm") = second_model(spec, first);
    }
    spec.pairings.push_back(std::move(pairing));
}

void duplicate_pairing(ExperimentSpec& spec, std::size_t row) {
    PairingSpec copy = spec.pairings.at(row);
    copy.name = free_name(copy.name, spec.pairings);
    spec.pairings.insert(spec.pairings.begin() + static_cast<std::ptrdiff_t>(row) + 1, std::move(copy));
}

void remove_pairing(ExperimentSpec& spec, std::string name) {
    drop_axes(spec, axis_prefix(name));
    std::erase_if(spec.pairings, [&](const PairingSpec& pairing) { return pairing.name == name; });
    leave_workloads(spec, name);
    drop_idle_exclusions(spec);
}

void rename_pairing(ExperimentSpec& spec, std::string name, const std::string& fresh) {
    if (const auto found = find_pairing(spec, name); found != spec.pairings.end()) {
        found->name = fresh;
    }
    for (WorkloadSpec& workload : spec.workloads) {
        std::replace(workload.pairings.begin(), workload.pairings.end(), name, fresh);
    }
    rename_axes(spec, axis_prefix(name), axis_prefix(fresh));
}

void set_method(ExperimentSpec& spec, std::string name, PairingMethod method) {
    const auto found = find_pairing(spec, name);
    if (found == spec.pairings.end() || found->method == method) {
        return;
    }
    PairingSpec old = std::move(*found);
    PairingSpec fresh{.name = old.name, .method = method, .model = old.model, .position = old.position};
    if (has_partner(method)) {
        const bool two = has_partner(old.method);
        model_at(fresh, "llm") = two ? model_at(old, "llm") : second_model(spec, old.model);
        model_at(fresh, "slm") = two ? model_at(old, "slm") : old.model;
        if (!two && method == PairingMethod::speculative) {
            std::swap(fresh.model, fresh.partner);
        }
    }
    *found = std::move(fresh);
    drop_foreign_axes(spec, *found);
    drop_idle_exclusions(spec);
}

}  // namespace tandem::studio
