#include "app/studio/experiment/spec_edits.h"

#include <algorithm>
#include <filesystem>
#include <utility>

namespace tandem::studio {
namespace {

// Letters, digits, _ and - of `wish`, and a number where the name is taken.
template <class Named>
std::string free_name(const std::string& wish, const std::vector<Named>& taken) {
    constexpr std::size_t longest = 40;
    std::string name;
    for (const char c : wish) {
        const bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
        if (good && name.size() < longest) {
            name += c;
        } else if (!name.empty() && name.back() != '-' && name.size() < longest) {
            name += '-';
        }
    }
    while (name.ends_with('-')) {
        name.pop_back();
    }
    name = name.empty() ? "model" : name;
    const auto is_taken = [&](const std::string& candidate) {
        return std::any_of(taken.begin(), taken.end(), [&](const Named& other) { return other.name == candidate; });
    };
    std::string candidate = name;
    for (int number = 2; is_taken(candidate); ++number) {
        candidate = name + "-" + std::to_string(number);
    }
    return candidate;
}

std::string wish_for(const std::string& source) {
    constexpr std::string_view random = "random:";
    if (source.starts_with(random)) {
        return source.substr(random.size());
    }
    const std::filesystem::path path(source);
    return path.extension() == ".gguf" ? path.stem().string() : path.filename().string();
}

template <class Named>
void erase_named(std::vector<Named>& list, const std::string& name) {
    std::erase_if(list, [&](const Named& item) { return item.name == name; });
}

void drop_axes(ExperimentSpec& spec, const std::string& prefix) {
    for (SweepGroup& group : spec.sweep) {
        std::erase_if(group.axes, [&](const SweepAxis& axis) { return axis.path.starts_with(prefix); });
    }
    std::erase_if(spec.sweep, [](const SweepGroup& group) { return group.axes.empty(); });
}

// Exclusions whose path or value the sweep no longer takes.
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

void drop_swept_model(ExperimentSpec& spec, const std::string& model) {
    for (SweepGroup& group : spec.sweep) {
        for (std::size_t a = 0; a < group.axes.size(); ++a) {
            const std::string& path = group.axes[a].path;
            const bool of_models = path.ends_with(".model") || path.ends_with(".llm") || path.ends_with(".slm");
            if (!path.starts_with("pairings.") || !of_models) {
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

// A workload that was for this pairing alone has nothing left to run with.
void leave_workloads(ExperimentSpec& spec, const std::string& pairing) {
    std::vector<std::string> idle;
    for (WorkloadSpec& workload : spec.workloads) {
        if (std::erase(workload.pairings, pairing) > 0 && workload.pairings.empty()) {
            idle.push_back(workload.name);
        }
    }
    for (const std::string& name : idle) {
        remove_workload(spec, name);
    }
}

template <std::size_t I = 0>
Workload workload_of(std::string_view kind) {
    if constexpr (I + 1 < std::variant_size_v<Workload>) {
        if (workload_kinds[I] != kind) {
            return workload_of<I + 1>(kind);
        }
    }
    return Workload(std::in_place_index<I>);
}

}  // namespace

ExperimentSpec new_experiment(const std::string& model_source) {
    ExperimentSpec spec;
    spec.name = "my-experiment";
    add_model(spec, model_source);
    spec.targets.push_back({.name = "here", .host = "local", .device = {}, .position = {}});
    add_workload(spec, "benchmark");
    auto& benchmark = std::get<BenchmarkWorkload>(spec.workloads.front().workload);
    benchmark.prompt_tokens = 64;
    benchmark.new_tokens = 32;
    return spec;
}

void add_model(ExperimentSpec& spec, const std::string& source) {
    const std::string name = free_name(wish_for(source), spec.models);
    spec.models.push_back({.name = name, .source = source, .position = {}});
    spec.pairings.push_back(
        {.name = free_name(name, spec.pairings), .method = PairingMethod::single, .model = name, .position = {}});
}

void remove_model(ExperimentSpec& spec, const std::string& name) {
    for (const PairingSpec& pairing : std::vector<PairingSpec>(spec.pairings)) {
        if (pairing.model == name || pairing.partner == name) {
            drop_axes(spec, "pairings." + pairing.name + ".");
            erase_named(spec.pairings, pairing.name);
            leave_workloads(spec, pairing.name);
        }
    }
    drop_swept_model(spec, name);
    erase_named(spec.models, name);
    drop_idle_exclusions(spec);
}

void add_workload(ExperimentSpec& spec, std::string_view kind) {
    WorkloadSpec workload{.name = {}, .workload = workload_of(kind), .position = {}};
    const std::string wish = kind == "benchmark"  ? "speed"
                             : kind == "generate" ? "answers"
                             : kind == "null"     ? "overhead"
                                                  : std::string(kind);
    workload.name = free_name(wish, spec.workloads);
    if (auto* generate = std::get_if<GenerateWorkload>(&workload.workload)) {
        generate->prompts = {"What is the capital of France?"};
    } else if (auto* logits = std::get_if<LogitsWorkload>(&workload.workload)) {
        logits->ids = {1};
    } else if (auto* embed = std::get_if<EmbedWorkload>(&workload.workload)) {
        embed->images = {"picture.png"};
    } else if (auto* evaluate = std::get_if<EvaluateWorkload>(&workload.workload)) {
        evaluate->task.test = {.path = "test.jsonl", .split = {}, .sha256 = {}};
    } else if (auto* train = std::get_if<TrainWorkload>(&workload.workload)) {
        train->train = {.path = "train.jsonl", .split = {}, .sha256 = {}};
    }
    spec.workloads.push_back(std::move(workload));
}

void remove_workload(ExperimentSpec& spec, const std::string& name) {
    drop_axes(spec, "workloads." + name + ".");
    erase_named(spec.workloads, name);
    drop_idle_exclusions(spec);
}

std::vector<SweepRow> grid_rows(const ExperimentSpec& spec) {
    std::vector<SweepRow> rows;
    for (const SweepGroup& group : spec.sweep) {
        if (group.axes.size() == 1) {
            rows.push_back({group.axes.front().path, join_list(group.axes.front().values)});
        }
    }
    return rows;
}

void set_grid_rows(ExperimentSpec& spec, const std::vector<SweepRow>& rows) {
    std::vector<SweepGroup> groups;
    for (const SweepRow& row : rows) {
        std::vector<std::string> values = split_list(row.values);
        if (!row.path.empty() && !values.empty()) {
            groups.push_back({.axes = {{.path = row.path, .values = std::move(values), .position = {}}}});
        }
    }
    for (SweepGroup& group : spec.sweep) {
        if (group.axes.size() > 1) {
            groups.push_back(std::move(group));
        }
    }
    spec.sweep = std::move(groups);
    drop_idle_exclusions(spec);
}

std::vector<std::string> split_list(const std::string& text) {
    std::vector<std::string> values;
    std::size_t begin = 0;
    while (begin <= text.size()) {
        const std::size_t end = std::min(text.find(',', begin), text.size());
        const std::string item = text.substr(begin, end - begin);
        const std::size_t first = item.find_first_not_of(" \t");
        if (first != std::string::npos) {
            values.push_back(item.substr(first, item.find_last_not_of(" \t") - first + 1));
        }
        begin = end + 1;
    }
    return values;
}

std::string join_list(const std::vector<std::string>& values) {
    std::string text;
    for (const std::string& value : values) {
        text += (text.empty() ? "" : ", ") + value;
    }
    return text;
}

}  // namespace tandem::studio
