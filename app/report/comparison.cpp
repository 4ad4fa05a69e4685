#include "app/report/comparison.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "app/report/metric_format.h"
#include "app/report/result_rows.h"
#include "engine/api/utf8.h"

namespace tandem::report {
namespace {

using nlohmann::ordered_json;

using Values = std::vector<std::pair<std::string, std::string>>;

// {"a": {"b": 1}} -> "a.b" = "1"; lists of plain values stay one value.
void flatten(const ordered_json& json, const std::string& path, Values& values) {
    const bool nested = json.is_object() ||
                        (json.is_array() && std::any_of(json.begin(), json.end(),
                                                        [](const ordered_json& item) { return item.is_structured(); }));
    if (!nested) {
        values.emplace_back(path, json.is_string() ? json.get<std::string>() : json.dump());
        return;
    }
    for (const auto& [key, value] : json.items()) {
        flatten(value, path.empty() ? key : path + "." + key, values);
    }
}

Values flattened(const std::string& text) {
    Values values;
    if (const auto json = ordered_json::parse(text, nullptr, false); !json.is_discarded() && json.is_structured()) {
        flatten(json, "", values);
    }
    return values;
}

Values names_of(const TrialRow& row) {
    return {{"experiment", row.experiment}, {"pairing", row.pairing},   {"model", models_text(row)},
            {"target", row.target},         {"workload", row.workload}, {"kind", row.kind}};
}

Values facts_of(const TrialDetail& detail) {
    Values values;
    for (const Fact& fact : detail.facts) {
        values.emplace_back(fact.name, fact.value);
    }
    return values;
}

// Appends what differs, in the order in which the trials mention it.
template <class ValuesOf>
void add_differing(const std::vector<ComparedTrial>& trials, const std::string& group, std::vector<Cause>& causes,
                   const ValuesOf& values_of) {
    std::vector<std::string> order;
    std::map<std::string, std::vector<std::optional<std::string>>> table;
    std::vector<bool> empty(trials.size());  // a trial that never ran has no facts: that is no difference in facts
    for (std::size_t i = 0; i < trials.size(); ++i) {
        auto named = values_of(trials[i]);
        empty[i] = named.empty();
        for (auto& [name, value] : named) {
            auto [entry, added] = table.try_emplace(name, trials.size());
            if (added) {
                order.push_back(name);
            }
            entry->second[i] = std::move(value);
        }
    }
    for (const std::string& name : order) {
        auto& values = table[name];
        const std::optional<std::string>* first = nullptr;
        bool differs = false;
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (!empty[i]) {
                differs = differs || (first != nullptr && *first != values[i]);
                first = first == nullptr ? &values[i] : first;
            }
        }
        if (differs) {
            causes.push_back({group, name, std::move(values)});
        }
    }
}

std::string_view last_word(std::string_view path) {
    return path.substr(path.rfind('.') + 1);
}

// What the job repeats of a setting ("workload.prompt_tokens" of "workloads.speed.prompt_tokens") is said once.
void drop_repeated(std::vector<Cause>& causes) {
    const std::vector<Cause> all = causes;
    std::erase_if(causes, [&](const Cause& cause) {
        return cause.group == "job" && std::any_of(all.begin(), all.end(), [&](const Cause& other) {
                   return other.group == "settings" && last_word(other.name) == last_word(cause.name) &&
                          other.values == cause.values;
               });
    });
}

Difference effect_difference(const MetricInfo& info, const ComparedTrial& first, const ComparedTrial& second,
                             const std::optional<MetricSummary>& before, const std::optional<MetricSummary>& after) {
    if (!before || !after) {
        return {};
    }
    if (!info.score) {
        return difference_of(*before, *after, info.counted);
    }
    Difference difference = paired_difference(info.name, first.answers, second.answers);
    if (!difference.difference) {  // the scores stand, whatever can be said of their difference
        difference.difference = *after->mean - *before->mean;
        if (*before->mean != 0) {
            difference.ratio = *after->mean / *before->mean;
        }
    }
    return difference;
}

void compare_metrics(const std::vector<ComparedTrial>& trials, Comparison& comparison) {
    std::set<std::string> names;
    for (const ComparedTrial& trial : trials) {
        for (const MetricSummary& metric : trial.detail.metrics) {
            if (metric.mean) {
                names.insert(metric.name);
            }
        }
    }
    std::vector<std::string> order(names.begin(), names.end());
    std::stable_sort(order.begin(), order.end(),
                     [](const auto& a, const auto& b) { return metric_rank(a) < metric_rank(b); });
    for (const std::string& name : order) {
        MetricEffect effect{.name = name, .values = {}, .differences = {}};
        for (const ComparedTrial& trial : trials) {
            const auto found = std::find_if(trial.detail.metrics.begin(), trial.detail.metrics.end(),
                                            [&](const MetricSummary& metric) { return metric.name == name; });
            const bool there = found != trial.detail.metrics.end() && found->mean;
            effect.values.push_back(there ? std::optional(*found) : std::nullopt);
        }
        const MetricInfo info = metric_info(name);
        for (std::size_t i = 1; i < effect.values.size(); ++i) {
            effect.differences.push_back(
                effect_difference(info, trials.front(), trials[i], effect.values.front(), effect.values[i]));
        }
        if (std::all_of(effect.differences.begin(), effect.differences.end(),
                        [](const Difference& difference) { return difference.verdict == Verdict::same; })) {
            ++comparison.equal_metrics;
        } else {
            comparison.metrics.push_back(std::move(effect));
        }
    }
}

void compare_outputs(const std::vector<ComparedTrial>& trials, Comparison& comparison) {
    std::map<std::int64_t, std::vector<std::optional<std::string>>> prompts;
    for (std::size_t i = 0; i < trials.size(); ++i) {
        for (const auto& [prompt, text] : trials[i].outputs) {
            prompts.try_emplace(prompt, trials.size()).first->second[i] = text;
        }
    }
    for (auto& [prompt, values] : prompts) {
        OutputEffect effect{.prompt = prompt, .values = std::move(values), .first_difference = {}};
        bool equal = true;
        for (std::size_t i = 1; i < effect.values.size(); ++i) {
            const auto& first = effect.values.front();
            effect.first_difference.push_back(first && effect.values[i] ? first_difference(*first, *effect.values[i])
                                                                        : std::nullopt);
            equal = equal && first == effect.values[i];
        }
        if (equal) {
            ++comparison.equal_outputs;
        } else {
            comparison.outputs.push_back(std::move(effect));
        }
    }
}

}  // namespace

std::optional<std::size_t> first_difference(std::string_view first, std::string_view second) {
    std::size_t characters = 0;
    std::size_t at = 0;
    std::size_t other = 0;
    while (at < first.size() && other < second.size()) {
        if (next_character(first, at) != next_character(second, other)) {
            return characters;
        }
        ++characters;
    }
    return first.size() == second.size() ? std::nullopt : std::optional(characters);
}

Result<std::vector<ComparedTrial>> read_compared(ResultsReader& reader, const std::vector<std::string>& ids) {
    std::vector<ComparedTrial> trials;
    for (const std::string& id : ids) {
        ComparedTrial trial{.detail = TANDEM_TRY(reader.trial(id)), .outputs = {}, .answers = {}};
        for (const auto& [name, size] : trial.detail.artefacts) {
            if (name == "answers.jsonl") {
                trial.answers = read_answers(TANDEM_TRY(reader.artefact(id, name))).value_or(trial.answers);
            }
        }
        auto observations = TANDEM_TRY(reader.observations(id));
        for (Observation& observation : observations) {
            if (observation.kind == ObservationKind::output) {
                trial.outputs.emplace_back(observation.index, std::move(observation.text));
            }
        }
        trials.push_back(std::move(trial));
    }
    return trials;
}

Comparison compare(const std::vector<ComparedTrial>& trials) {
    Comparison comparison;
    for (const ComparedTrial& trial : trials) {
        comparison.ids.push_back(trial.detail.row.id);
    }
    auto& causes = comparison.causes;
    add_differing(trials, "names", causes, [](const ComparedTrial& trial) { return names_of(trial.detail.row); });
    add_differing(trials, "settings", causes, [](const ComparedTrial& trial) {
        return Values(trial.detail.row.settings.begin(), trial.detail.row.settings.end());
    });
    add_differing(trials, "job", causes, [](const ComparedTrial& trial) {
        return flattened(trial.detail.job_json.empty() ? trial.detail.identity_json : trial.detail.job_json);
    });
    drop_repeated(causes);
    add_differing(trials, "machine", causes,
                  [](const ComparedTrial& trial) { return flattened(trial.detail.environment_json); });
    add_differing(trials, "facts", causes, [](const ComparedTrial& trial) { return facts_of(trial.detail); });
    add_differing(trials, "outcome", comparison.outcomes, [](const ComparedTrial& trial) {
        const TrialRow& row = trial.detail.row;
        Values values{{"state", row.state}};
        if (!row.error_code.empty()) {
            values.emplace_back("error", row.error_code + ": " + row.error_message);
        }
        return values;
    });
    compare_metrics(trials, comparison);
    compare_outputs(trials, comparison);
    return comparison;
}

}  // namespace tandem::report
