// An experiment from bytes, planned against fixed models and machines. A first line "set PATH=VALUE" is a --set. What
// is accepted must mean the same when its stored document is read again, and a plan must be the same twice.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "experiments/plan/plan.h"

namespace {

tandem::PlanInputs inputs_for(const tandem::ExperimentSpec& spec) {
    tandem::PlanInputs inputs;
    tandem::ModelFacts facts;
    facts.location = "m.gguf";
    facts.sha256 = std::string(64, 'a');
    facts.shape.layers = facts.shape.heads = facts.shape.kv_heads = 2;
    facts.shape.head_dim = facts.shape.hidden = facts.shape.ffn = facts.shape.vocab = 16;
    facts.parameters = facts.weights_bytes = 4096;
    for (const tandem::ModelSpec& model : spec.models) {
        inputs.models[model.name] = facts;
    }
    inputs.engine_version = "1";
    return inputs;
}

std::string fingerprint(const tandem::ExperimentSpec& spec) {
    const auto plan = tandem::make_plan(spec, inputs_for(spec));
    if (!plan.ok()) {
        return plan.error().code;
    }
    std::string ids;
    for (const tandem::Trial& trial : plan->trials) {
        ids += trial.id;
    }
    return tandem::sha256_hex(ids);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view text(reinterpret_cast<const char*>(data), size);
    std::vector<tandem::Override> overrides;
    if (constexpr std::string_view flag = "set "; text.starts_with(flag)) {
        const std::string_view line = text.substr(flag.size(), text.find('\n') - flag.size());
        const std::size_t equals = line.find('=');
        if (equals != line.npos) {
            overrides.push_back({std::string(line.substr(0, equals)), std::string(line.substr(equals + 1))});
        }
        text.remove_prefix(std::min(text.size(), flag.size() + line.size() + 1));
    }
    const auto spec = tandem::parse_experiment(text, "fuzz.yaml", overrides);
    if (!spec.ok()) {
        if (spec.error().code.empty() || spec.error().message.empty() || spec.error().where.empty()) {
            std::abort();
        }
        return 0;
    }
    constexpr double planned_at_most = 2000;  // keeps one input short; the bound of the language has its own tests
    double trials =
        static_cast<double>(spec->pairings.size() * spec->targets.size() * spec->workloads.size() * spec->seeds.size());
    for (const tandem::SweepGroup& group : spec->sweep) {
        trials *= static_cast<double>(group.axes.front().values.size());
    }
    const auto again = tandem::parse_experiment(spec->resolved_yaml, "fuzz.yaml");
    if (!again.ok() || (trials <= planned_at_most && fingerprint(*again) != fingerprint(*spec))) {
        std::abort();
    }
    return 0;
}
