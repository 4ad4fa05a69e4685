#include "app/studio/experiment/write_experiment.h"

#include <algorithm>
#include <cstdio>

#include "app/studio/experiment/knob_values.h"
#include "app/studio/experiment/pairing_edits.h"
#include "experiments/spec/pairing_knobs.h"
#include "experiments/spec/sweep_path.h"

namespace tandem::studio {
namespace {

std::string quoted(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
        switch (c) {
            case '"':
                out += "\\\"";
                break;
            case '\\':
                out += "\\\\";
                break;
            case '\n':
                out += "\\n";
                break;
            case '\r':
                out += "\\r";
                break;
            case '\t':
                out += "\\t";
                break;
            default:
                if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
                    char escape[8];
                    std::snprintf(escape, sizeof escape, "\\x%02X", static_cast<unsigned>(c));
                    out += escape;
                } else {
                    out += c;
                }
        }
    }
    return out + "\"";
}

bool is_plain_word(const std::string& text) {
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    const auto inner = [&](char c) {
        return letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.' || c == '/' || c == ':';
    };
    return !text.empty() && (letter(text.front()) || text.front() == '/') && text.back() != ':' &&
           std::all_of(text.begin(), text.end(), inner);
}

bool is_special_word(const std::string& text) {
    static const std::vector<std::string> words{"null", "Null", "NULL", "true", "false", "y", "n"};
    return std::find(words.begin(), words.end(), text) != words.end();
}

std::string yaml_key(const std::string& name) {
    return is_special_word(name) ? quoted(name) : name;
}

// A value that is already YAML: numbers and words stay, everything else is text.
std::string yaml_value(const std::string& spelled) {
    double number = 0;
    std::int64_t whole = 0;
    const bool numeric = !read_scalar({spelled, false}, FieldInfo{}, number) ||
                         !read_scalar({spelled, false}, FieldInfo{.name = "", .doc = "", .unit = "bytes"}, whole);
    return numeric || spelled == "true" || spelled == "false" ? spelled : yaml_text(spelled);
}

// Text knobs whose value looks like a number must keep their quotes; all other values are written as they are.
template <class Field>
std::string yaml_field(const Field& field) {
    if constexpr (is_vector<Field>::value) {
        std::string list = "[";
        for (const auto& item : field) {
            list += (list.size() > 1 ? ", " : "") + yaml_field(item);
        }
        return list + "]";
    } else if constexpr (std::is_same_v<Field, std::string>) {
        return yaml_text(field);
    } else if constexpr (std::is_same_v<Field, DataFile>) {
        return yaml_text(spelled(field));
    } else {
        return spell_value(field);
    }
}

enum class Show { changed, common_and_changed };

template <class Options>
std::vector<std::pair<std::string, std::string>> written_knobs(const Options& options, const std::string& section,
                                                               Show show) {
    std::vector<std::pair<std::string, std::string>> lines;
    const KnobValues defaults = knob_values(Options{});
    const KnobValues values = knob_values(options);
    Options::visit(options, [&](const FieldInfo& info, const auto& field) {
        const std::string name(info.name);
        if constexpr (is_optional<std::decay_t<decltype(field)>>::value) {
            if (!field) {
                return;  // there is no way to write that a knob has no value but to leave it out
            }
        }
        const bool common = show == Show::common_and_changed && is_always_written(section, name);
        if (values.at(name) != defaults.at(name) || common) {
            lines.emplace_back(name, yaml_field(field));
        }
    });
    return lines;
}

std::string flow_map(const std::vector<std::pair<std::string, std::string>>& entries) {
    std::string map = "{";
    for (const auto& [key, value] : entries) {
        map += (map.size() > 1 ? ", " : "") + key + ": " + value;
    }
    return map + "}";
}

// Method, models, what was trained, and the knobs that are not at their default.
std::string write_pairing(const PairingSpec& pairing) {
    std::vector<std::pair<std::string, std::string>> entries{{"method", std::string(enum_name(pairing.method))}};
    for (const std::string& word : model_words(pairing.method)) {
        entries.emplace_back(word, yaml_text(model_at(pairing, word)));
    }
    if (!pairing.trained.empty()) {
        entries.emplace_back("trained", yaml_text(pairing.trained));
    }
    if (!pairing.baseline.empty()) {
        entries.emplace_back("baseline", yaml_text(pairing.baseline));
    }
    with_method_options(pairing, [&](const auto& options) {
        const auto knobs = written_knobs(options, std::string(enum_name(pairing.method)), Show::changed);
        entries.insert(entries.end(), knobs.begin(), knobs.end());
    });
    return flow_map(entries);
}

std::string write_workload(const WorkloadSpec& workload) {
    const std::string kind(workload_kind(workload.workload));
    std::string out = "  " + yaml_key(workload.name) + ":\n    kind: " + kind + "\n";
    if (!workload.pairings.empty()) {
        out += "    pairings: " + yaml_field(workload.pairings) + "\n";
    }
    std::visit(
        [&](const auto& options) {
            for (const auto& [key, value] : written_knobs(options, kind, Show::common_and_changed)) {
                out += "    " + key + ": " + value + "\n";
            }
        },
        workload.workload);
    return out;
}

// One prompt a line reads better than a list in brackets.
std::string write_generate(const WorkloadSpec& workload, const GenerateWorkload& options) {
    GenerateWorkload rest = options;
    rest.prompts.clear();
    std::string out =
        write_workload({.name = workload.name, .workload = rest, .position = {}, .pairings = workload.pairings});
    const std::string empty_list = "    prompts: []\n";
    const std::size_t at = out.find(empty_list);
    std::string list = options.prompts.empty() ? empty_list : "    prompts:\n";
    for (const std::string& prompt : options.prompts) {
        list += "      - " + quoted(prompt) + "\n";
    }
    return out.replace(at, empty_list.size(), list);
}

std::string write_axis(const SweepAxis& axis) {
    std::string list;
    for (const std::string& value : axis.values) {
        list += (list.empty() ? "" : ", ") + yaml_value(value);
    }
    return axis.path + ": [" + list + "]\n";
}

std::string write_sweep(const ExperimentSpec& spec) {
    std::string grid;
    std::string linked;
    for (const SweepGroup& group : spec.sweep) {
        if (group.axes.size() == 1) {
            grid += "    " + write_axis(group.axes.front());
            continue;
        }
        for (std::size_t i = 0; i < group.axes.size(); ++i) {
            linked += (i == 0 ? "    - " : "      ") + write_axis(group.axes[i]);
        }
    }
    std::string exclude;
    for (const SweepExclude& combination : spec.exclude) {
        std::vector<std::pair<std::string, std::string>> entries;
        for (const auto& [path, value] : combination.equals) {
            entries.emplace_back(path, yaml_value(value));
        }
        exclude += "    - " + flow_map(entries) + "\n";
    }
    std::string out;
    out += grid.empty() ? "" : "  grid:\n" + grid;
    out += linked.empty() ? "" : "  linked:\n" + linked;
    out += exclude.empty() ? "" : "  exclude:\n" + exclude;
    return out.empty() ? out : "\nsweep:\n" + out;
}

}  // namespace

std::string yaml_text(const std::string& text) {
    return is_plain_word(text) && !is_special_word(text) ? text : quoted(text);
}

std::string write_experiment(const ExperimentSpec& spec) {
    std::string out = "tandem: 1\nname: " + yaml_text(spec.name) + "\n";
    if (!spec.description.empty()) {
        out += "description: " + quoted(spec.description) + "\n";
    }
    out += "\nmodels:\n";
    for (const ModelSpec& model : spec.models) {
        const std::string source = yaml_text(model.source);
        out +=
            "  " + yaml_key(model.name) + ": " +
            (model.adapter.empty() ? source : flow_map({{"source", source}, {"adapter", yaml_text(model.adapter)}})) +
            "\n";
    }
    out += "\npairings:\n";
    for (const PairingSpec& pairing : spec.pairings) {
        out += "  " + yaml_key(pairing.name) + ": " + write_pairing(pairing) + "\n";
    }
    out += "\ntargets:\n";
    for (const TargetSpec& target : spec.targets) {
        auto entries = written_knobs(target.device, "target", Show::common_and_changed);
        entries.insert(entries.begin(), {"host", yaml_text(target.host)});
        out += "  " + yaml_key(target.name) + ": " + flow_map(entries) + "\n";
    }
    out += "\nworkloads:\n";
    for (const WorkloadSpec& workload : spec.workloads) {
        const auto* generate = std::get_if<GenerateWorkload>(&workload.workload);
        out += generate ? write_generate(workload, *generate) : write_workload(workload);
    }
    if (const auto load = written_knobs(spec.load, "load", Show::changed); !load.empty()) {
        out += "\nload: " + flow_map(load) + "\n";
    }
    out += write_sweep(spec);
    out += "\nseeds: [";
    for (std::size_t i = 0; i < spec.seeds.size(); ++i) {
        out += (i == 0 ? "" : ", ") + std::to_string(spec.seeds[i]);
    }
    out += "]\n";
    if (const auto execution = written_knobs(spec.execution, "execution", Show::changed); !execution.empty()) {
        out += "execution: " + flow_map(execution) + "\n";
    }
    return out;
}

}  // namespace tandem::studio
