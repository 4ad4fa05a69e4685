#include "experiments/spec/sections.h"

#include <algorithm>
#include <sstream>

#include "experiments/spec/document.h"
#include "experiments/spec/each_entry.h"
#include "experiments/spec/options_reader.h"
#include "experiments/spec/pairing_knobs.h"

namespace tandem {
namespace {

constexpr std::size_t max_prompt_file_bytes = 8u << 20;

// Text of a key that need not be there.
bool read_text(const YamlNode* node, const std::string& path, std::string& out, Problems& problems) {
    if (node) {
        read_node(*node, path, FieldInfo{}, out, problems);
    }
    return node != nullptr;
}

std::vector<std::string> kinds() {
    return {workload_kinds.begin(), workload_kinds.end()};
}

template <std::size_t I = 0>
bool emplace_kind(Workload& workload, std::string_view kind) {
    if constexpr (I < std::variant_size_v<Workload>) {
        if (workload_kinds[I] == kind) {
            workload.emplace<I>();
            return true;
        }
        return emplace_kind<I + 1>(workload, kind);
    } else {
        return false;
    }
}

void read_prompt_file(const YamlNode& node, const std::string& path, GenerateWorkload& out,
                      const SectionContext& context, Problems& problems) {
    std::string named;
    read_node(node, path, FieldInfo{}, named, problems);
    if (named.empty()) {
        return;
    }
    const bool from_file = node.line > 0;  // an override speaks from the experiment's folder
    const auto file =
        path_inside(context.root, from_file ? std::filesystem::path(*node.file).parent_path() : context.root, named);
    if (!file.ok()) {
        problems.add(file.error().code, path + " " + file.error().message, node.position(), file.error().kind);
        return;
    }
    const auto text = read_text_file(*file, max_prompt_file_bytes);
    if (!text.ok()) {
        problems.add(text.error().code, path + ": " + text.error().message, node.position(), text.error().kind);
        return;
    }
    if (const auto offset = first_not_text(*text)) {
        problems.add_fault(path,
                           {"SPEC_TYPE", "names a file that is not UTF-8 text, from byte " + std::to_string(*offset)},
                           node.position());
        return;
    }
    std::istringstream lines(*text);
    for (std::string line; std::getline(lines, line);) {
        if (line.ends_with('\r')) {
            line.pop_back();
        }
        if (!line.empty()) {
            out.prompts.push_back(line);
        }
    }
    if (out.prompts.empty()) {
        problems.add_fault(path, {"SPEC_MISSING", "names a file without a prompt; one prompt a line is needed"},
                           node.position());
    }
}

void read_prompts(const YamlNode& entry, const std::string& path, GenerateWorkload& out, const SectionContext& context,
                  Problems& problems) {
    const YamlNode* prompts = entry.find("prompts");
    const YamlNode* file = entry.find("prompts_file");
    if (prompts && file) {
        problems.add_fault(path, {"SPEC_CONFLICT", "has both prompts and prompts_file; keep one"},
                           file->key_position());
    } else if (file) {
        read_prompt_file(*file, path + ".prompts_file", out, context, problems);
    } else if (!prompts || (prompts->is_sequence() && prompts->items.empty())) {
        problems.add_fault(path, {"SPEC_MISSING", "needs prompts, a list of texts, or prompts_file"}, entry.position());
    }
}

// Names that are not there are no fault where the pairings have some of their own.
void read_pairing_names(const YamlNode& node, const std::string& path, WorkloadSpec& workload,
                        const ExperimentSpec& spec, const SectionContext& context, Problems& own) {
    read_node(node, path, FieldInfo{}, workload.pairings, own);
    if (!node.is_sequence()) {
        return;
    }
    if (node.items.empty()) {
        own.add_fault(path, {"SPEC_MISSING", "has an empty list; name a pairing, or leave it out for all"},
                      node.position());
    }
    std::set<std::string, std::less<>> seen;
    for (const YamlNode& item : node.items) {
        const auto pairing = std::find_if(spec.pairings.begin(), spec.pairings.end(),
                                          [&](const PairingSpec& other) { return other.name == item.text; });
        if (!item.is_scalar() || context.unread.contains(item.text)) {
            continue;
        }
        if (pairing == spec.pairings.end()) {
            std::vector<std::string> names;
            for (const PairingSpec& other : spec.pairings) {
                names.push_back(other.name);
            }
            if (!names.empty()) {
                Fault fault = *not_one_of({item.text, false}, names);
                fault.code = "SPEC_REFERENCE";
                own.add_fault(path, std::move(fault), item.position());
            }
        } else if (!can_run(pairing->method, workload.workload)) {
            own.add_fault(path,
                          {"SPEC_CONFLICT",
                           "has " + pairing->name + ", whose method is " + std::string(enum_name(pairing->method)) +
                               "; kind " + std::string(workload_kind(workload.workload)) + " does not run with that"},
                          item.position());
        } else if (!seen.insert(item.text).second) {
            own.add_fault(path, {"SPEC_RANGE", "has " + item.text + " twice"}, item.position());
        }
    }
}

// The model whose answers are learned is one of the experiment's.
void check_labels_from(const YamlNode& entry, const std::string& path, const TrainWorkload& train,
                       const ExperimentSpec& spec, const SectionContext& context, Problems& own) {
    const YamlNode* node = entry.find("labels_from");
    const bool known = std::any_of(spec.models.begin(), spec.models.end(),
                                   [&](const ModelSpec& model) { return model.name == train.labels_from; });
    if (node && node->is_scalar() && !train.labels_from.empty() && !spec.models.empty() && !known) {
        own.add_fault(path + ".labels_from", no_such_model(train.labels_from, spec, context.problems),
                      node->position());
    }
}

}  // namespace

bool check_name(const YamlNode& entry, const std::string& section, Dots dots, Problems& problems) {
    const std::string& name = entry.key;
    const bool good = is_name(name, dots);
    if (!good) {
        problems.add(
            "SPEC_RANGE",
            "\"" + shortened(name) + "\" cannot be a name in " + section + ": allowed are " + allowed_names(dots),
            entry.key_position());
    }
    return good;
}

Fault no_such_model(std::string_view name, const ExperimentSpec& spec, const Problems& problems) {
    if (!problems.all_shown()) {
        return {"SPEC_REFERENCE", "is " + shortened(name) + ", which is not among the models"};
    }
    std::vector<std::string> models;
    for (const ModelSpec& model : spec.models) {
        models.push_back(model.name);
    }
    Fault fault = *not_one_of({name, false}, models);
    fault.code = "SPEC_REFERENCE";
    return fault;
}

void read_models(const YamlNode& map, ExperimentSpec& spec, SectionContext& context) {
    each_entry(
        map, "models", Dots::allowed, context, [&](const YamlNode& entry, const std::string& path, Problems& own) {
            ModelSpec model{.name = entry.key, .source = {}, .position = entry.position()};
            if (entry.is_map()) {
                for (const YamlNode& item : entry.items) {
                    if (item.key == "adapter") {
                        read_text(&item, path + ".adapter", model.adapter, own);
                    } else if (item.key != "source") {
                        report_unknown_key(item, path, {"source", "adapter"}, own);
                    }
                }
                if (!read_text(entry.find("source"), path + ".source", model.source, own) && own.empty()) {
                    own.add_fault(path, {"SPEC_MISSING", "needs a source: a name in the library, a path or random:ID"},
                                  entry.position());
                }
            } else {
                read_node(entry, path, FieldInfo{}, model.source, own);
            }
            if (own.empty() && model.source.empty()) {
                own.add_fault(path, {"SPEC_MISSING", "has an empty source"}, entry.position());
            }
            spec.models.push_back(std::move(model));
        });
}

void read_targets(const YamlNode& map, ExperimentSpec& spec, SectionContext& context) {
    each_entry(map, "targets", Dots::refused, context,
               [&](const YamlNode& entry, const std::string& path, Problems& own) {
                   TargetSpec target{.name = entry.key, .host = "local", .device = {}, .position = entry.position()};
                   read_options(entry, path, target.device, own, {"host"});
                   if (const YamlNode* host = entry.find("host")) {
                       read_node(*host, path + ".host", FieldInfo{}, target.host, own);
                       if (target.host != "local") {
                           own.add_fault(path + ".host",
                                         {"SPEC_REFERENCE", "is " + target.host + ", known is local: this machine"},
                                         host->position());
                       }
                   }
                   if (MaybeFault fault = own.empty() ? check_options(target.device) : std::nullopt) {
                       own.add_fault(path, std::move(*fault), entry.position());
                   }
                   spec.targets.push_back(std::move(target));
               });
}

void read_workloads(const YamlNode& map, std::int64_t repetitions, ExperimentSpec& spec, SectionContext& context) {
    each_entry(
        map, "workloads", Dots::refused, context, [&](const YamlNode& entry, const std::string& path, Problems& own) {
            const YamlNode* kind = entry.find("kind");
            std::string word;
            if (!kind) {
                for (const YamlNode& item : entry.items) {
                    if (!did_you_mean(item.key, {"kind"}).empty()) {
                        return report_unknown_key(item, path, {"kind"}, own);
                    }
                }
                own.add_fault(path, {"SPEC_MISSING", "needs a kind: " + join_choices(kinds())}, entry.position());
                return;
            }
            // The word null is no value in YAML; as a kind it is meant.
            if (kind->kind == YamlNode::Kind::null) {
                word = workload_kinds[std::variant_size_v<Workload> - 1];
            } else {
                read_node(*kind, path + ".kind", FieldInfo{}, word, own);
            }
            WorkloadSpec workload{.name = entry.key, .workload = {}, .position = entry.position()};
            if (word.empty() || !emplace_kind(workload.workload, word)) {
                if (own.empty()) {
                    own.add_fault(path + ".kind", *not_one_of({word, false}, kinds()), kind->position());
                }
                return;
            }
            if (auto* benchmark = std::get_if<BenchmarkWorkload>(&workload.workload)) {
                benchmark->repetitions = repetitions;
            }
            auto* generate = std::get_if<GenerateWorkload>(&workload.workload);
            std::vector<std::string> also_known{"kind", "pairings"};
            if (generate) {
                also_known.emplace_back("prompts_file");
            }
            std::visit([&](auto& options) { read_options(entry, path, options, own, also_known); }, workload.workload);
            if (generate) {
                read_prompts(entry, path, *generate, context, own);
            }
            if (const auto* train = std::get_if<TrainWorkload>(&workload.workload)) {
                check_labels_from(entry, path, *train, spec, context, own);
            }
            if (const YamlNode* pairings = entry.find("pairings")) {
                read_pairing_names(*pairings, path + ".pairings", workload, spec, context, own);
            }
            if (own.empty()) {
                const MaybeFault fault =
                    std::visit([](const auto& options) { return check_options(options); }, workload.workload);
                if (fault) {
                    own.add_fault(path, *fault, entry.position());
                }
            }
            spec.workloads.push_back(std::move(workload));
        });
}

}  // namespace tandem
