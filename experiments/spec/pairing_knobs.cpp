#include "experiments/spec/pairing_knobs.h"

#include <algorithm>

#include "experiments/spec/options_reader.h"

namespace tandem {

std::vector<std::string> pairing_keys(PairingMethod method) {
    std::vector<std::string> keys{"method"};
    if (has_partner(method)) {
        keys.insert(keys.end(), {"llm", "slm"});
    } else {
        keys.emplace_back("model");
    }
    if (can_learn(method)) {
        keys.emplace_back("trained");
    }
    keys.emplace_back("baseline");
    const PairingSpec pairing{.name = {}, .method = method, .model = {}, .position = {}};
    with_method_options(pairing, [&](const auto& options) {
        const std::vector<std::string> knobs = knob_names<std::decay_t<decltype(options)>>();
        keys.insert(keys.end(), knobs.begin(), knobs.end());
    });
    return keys;
}

bool names_model(PairingMethod method, std::string_view knob) {
    return knob == model_key(method) || (has_partner(method) && knob == partner_key(method));
}

bool has_pairing_knob(PairingMethod method, std::string_view knob) {
    bool found = names_model(method, knob);
    const PairingSpec pairing{.name = {}, .method = method, .model = {}, .position = {}};
    with_method_options(pairing,
                        [&](const auto& options) { found |= has_single_knob<std::decay_t<decltype(options)>>(knob); });
    return found;
}

MaybeFault set_pairing_knob(PairingSpec& pairing, std::string_view knob, Scalar value, bool checked) {
    if (names_model(pairing.method, knob)) {
        (knob == model_key(pairing.method) ? pairing.model : pairing.partner) = std::string(value.text);
        return std::nullopt;
    }
    MaybeFault fault = Fault{"SWEEP_PATH", "is not a knob that takes one value"};
    with_method_options(pairing, [&](auto& options) { fault = set_knob(options, knob, value, checked); });
    return fault;
}

std::string pairing_value(const PairingSpec& pairing, std::string_view knob) {
    if (names_model(pairing.method, knob)) {
        return knob == model_key(pairing.method) ? pairing.model : pairing.partner;
    }
    std::string value;
    with_method_options(pairing, [&](const auto& options) { value = knob_value(options, knob); });
    return value;
}

MaybeFault check_pairing(const PairingSpec& pairing) {
    if (pairing.method != PairingMethod::llm_to_slm) {
        return std::nullopt;
    }
    const GuidanceOptions& guidance = pairing.guidance;
    if (guidance.settings.fusion == Fusion::add && !guidance.settings.aligned) {
        return Fault{"SPEC_CONFLICT",
                     "has fusion add, which needs one vector for each token of the small model, and aligned false; "
                     "set aligned, or take replace or prepend"};
    }
    return check_template("llm_prompt", guidance.llm_prompt, "{prompt}");
}

bool can_run(PairingMethod method, const Workload& workload) {
    if (std::holds_alternative<TrainWorkload>(workload)) {
        return can_learn(method);
    }
    if (std::holds_alternative<LogitsWorkload>(workload) || std::holds_alternative<EmbedWorkload>(workload)) {
        return method == PairingMethod::single;
    }
    return true;
}

bool is_for(const WorkloadSpec& workload, const PairingSpec& pairing) {
    if (workload.pairings.empty()) {
        return can_run(pairing.method, workload.workload);
    }
    return std::ranges::find(workload.pairings, pairing.name) != workload.pairings.end();
}

}  // namespace tandem
