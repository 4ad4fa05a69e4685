#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include "experiments/spec/document.h"
#include "experiments/spec/options_reader.h"
#include "experiments/spec/sections.h"
#include "experiments/spec/spec.h"
#include "experiments/spec/sweep_reader.h"

namespace tandem {
namespace {

constexpr std::size_t max_experiment_name = 128;

void read_names(const YamlNode& root, ExperimentSpec& spec, Problems& problems) {
    const YamlNode* name = root.find("name");
    if (!name) {
        problems.add("SPEC_MISSING", "the experiment needs a name", root.position());
    } else {
        read_node(*name, "name", FieldInfo{}, spec.name, problems);
        const bool plain = std::none_of(spec.name.begin(), spec.name.end(),
                                        [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
        if (name->is_scalar() && (name->text.empty() || spec.name.size() > max_experiment_name || !plain)) {
            problems.add("SPEC_RANGE", "name needs 1 to " + std::to_string(max_experiment_name) + " bytes on one line",
                         name->position());
        }
    }
    if (const YamlNode* description = root.find("description")) {
        read_node(*description, "description", FieldInfo{}, spec.description, problems);
    }
}

void read_seeds(const YamlNode& node, ExperimentSpec& spec, Problems& problems) {
    const FieldInfo info{.name = "seeds", .min = 0};
    std::set<std::int64_t> seen;
    spec.seeds.clear();
    for (const SweepValue& value : read_values(node, "seeds", problems)) {
        std::int64_t seed = 0;
        if (MaybeFault fault = read_scalar({value.text, value.quoted}, info, seed)) {
            problems.add_fault("seeds", std::move(*fault), value.position);
        } else if (!seen.insert(seed).second) {
            problems.add_fault("seeds", {"SPEC_RANGE", "has " + value.text + " twice"}, value.position);
        } else {
            spec.seeds.push_back(static_cast<std::uint64_t>(seed));
        }
    }
}

std::int64_t read_repetitions(const YamlNode* node, Problems& problems) {
    BenchmarkWorkload defaults;
    if (node && !node->is_scalar()) {
        problems.add_fault("repetitions", {"SPEC_TYPE", "needs one value, found " + describe(*node)}, node->position());
    } else if (node) {
        if (MaybeFault fault = set_knob(defaults, "repetitions", {node->text, node->quoted}, false)) {
            problems.add_fault("repetitions", std::move(*fault), node->position());
        }
    }
    return defaults.repetitions;
}

std::string spell_count(double count) {
    constexpr double exact = 1e15;
    if (count <= exact) {
        return std::to_string(static_cast<std::int64_t>(count));
    }
    return std::isfinite(count) ? spell_number(count) : "more than 1e308";
}

ExperimentSpec read_sections(const YamlNode& root, const std::string& file_name, Problems& problems) {
    static const std::vector<std::string> keys{"tandem",   "name",        "description", "base", "models",
                                               "pairings", "targets",     "workloads",   "load", "sweep",
                                               "seeds",    "repetitions", "execution"};
    for (const YamlNode& item : root.items) {
        if (std::find(keys.begin(), keys.end(), item.key) == keys.end()) {
            report_unknown_key(item, "", keys, problems);
        }
    }
    ExperimentSpec spec;
    SectionContext context{problems, std::filesystem::path(file_name).parent_path(), {}};
    const auto required = [&](const char* name) {
        const YamlNode* node = root.find(name);
        if (!node) {
            problems.add("SPEC_MISSING", std::string("the experiment needs ") + name, root.position());
        }
        return node;
    };
    read_names(root, spec, problems);
    if (const YamlNode* models = required("models")) {
        read_models(*models, spec, context);
    }
    if (const YamlNode* pairings = required("pairings")) {
        read_pairings(*pairings, spec, context);
    }
    if (const YamlNode* targets = root.find("targets")) {
        read_targets(*targets, spec, context);
    } else {
        spec.targets.push_back({.name = "here", .host = "local", .device = {}, .position = root.position()});
    }
    const std::int64_t repetitions = read_repetitions(root.find("repetitions"), problems);
    if (const YamlNode* workloads = required("workloads")) {
        read_workloads(*workloads, repetitions, spec, context);
    }
    if (const YamlNode* load = root.find("load")) {
        read_options(*load, "load", spec.load, problems);
    }
    if (const YamlNode* execution = root.find("execution")) {
        read_options(*execution, "execution", spec.execution, problems);
    }
    if (const YamlNode* seeds = root.find("seeds")) {
        read_seeds(*seeds, spec, problems);
    }
    if (const YamlNode* sweep = root.find("sweep")) {
        read_sweep(*sweep, context.unread, spec, problems);
    }
    if (const double trials = count_trials(spec); trials > static_cast<double>(max_trials)) {
        const YamlNode* sweep = root.find("sweep");
        problems.add("SWEEP_TOO_LARGE",
                     "the experiment means " + spell_count(trials) + " trials before exclusions, allowed are " +
                         std::to_string(max_trials),
                     sweep ? sweep->key_position() : root.position());
    }
    return spec;
}

}  // namespace

Result<ExperimentSpec> parse_experiment(std::string_view yaml, const std::string& file_name,
                                        const std::vector<Override>& overrides) {
    Problems problems;
    const std::optional<YamlNode> root = read_document(yaml, file_name, overrides, problems);
    if (!root) {
        return problems.to_error();
    }
    ExperimentSpec spec = read_sections(*root, file_name, problems);
    if (!problems.empty()) {
        return problems.to_error();
    }
    spec.resolved_yaml = emit_yaml(*root);
    return spec;
}

Result<ExperimentSpec> read_experiment(const std::filesystem::path& path, const std::vector<Override>& overrides) {
    const std::string text = TANDEM_TRY(read_text_file(path, max_yaml_bytes));
    return parse_experiment(text, path.string(), overrides);
}

}  // namespace tandem
