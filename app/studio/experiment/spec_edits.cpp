#include "app/studio/experiment/spec_edits.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "app/studio/experiment/free_name.h"
#include "app/studio/experiment/pairing_edits.h"
#include "app/studio/experiment/sweep_edits.h"

namespace tandem::studio {
namespace {

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

void remove_model(ExperimentSpec& spec, std::string name) {
    for (const PairingSpec& pairing : std::vector<PairingSpec>(spec.pairings)) {
        if (pairing.model == name || pairing.partner == name) {
            remove_pairing(spec, pairing.name);
        }
    }
    drop_swept_model(spec, name);
    erase_named(spec.models, name);
    drop_idle_exclusions(spec);
}

void rename_model(ExperimentSpec& spec, std::string name, const std::string& fresh) {
    for (ModelSpec& model : spec.models) {
        model.name = model.name == name ? fresh : model.name;
    }
    for (PairingSpec& pairing : spec.pairings) {
        for (std::string* used : {&pairing.model, &pairing.partner}) {
            *used = *used == name ? fresh : *used;
        }
    }
    rename_swept_model(spec, name, fresh);
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

void remove_workload(ExperimentSpec& spec, std::string name) {
    drop_axes(spec, "workloads." + name + ".");
    erase_named(spec.workloads, name);
    drop_idle_exclusions(spec);
}

void rename_workload(ExperimentSpec& spec, std::string name, const std::string& fresh) {
    for (WorkloadSpec& workload : spec.workloads) {
        workload.name = workload.name == name ? fresh : workload.name;
    }
    rename_axes(spec, "workloads." + name + ".", "workloads." + fresh + ".");
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
