#include "experiments/plan/plan.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <unordered_set>

#include "experiments/plan/baseline.h"
#include "experiments/plan/data.h"
#include "experiments/plan/estimate.h"
#include "experiments/plan/label_set.h"
#include "experiments/plan/pairing_checks.h"
#include "experiments/spec/options_reader.h"
#include "experiments/spec/pairing_knobs.h"
#include "experiments/spec/sweep_path.h"
#include "experiments/spec/sweep_reader.h"

namespace tandem {
namespace {

struct Axis {
    SweepPath path;
    const SweepAxis* declared = nullptr;
};

using Group = std::vector<Axis>;

struct Exclusion {
    std::vector<std::pair<SweepPath, std::string>> equals;
};

// What a combination must have taken to be left out: of this group and axis, this value.
struct Taken {
    std::size_t group = 0;
    const SweepAxis* axis = nullptr;
    const std::string* value = nullptr;
};

// One pairing, target and workload, and the groups of axes and the exclusions that concern them.
struct Cell {
    const PairingSpec& pairing;
    const TargetSpec& target;
    const WorkloadSpec& workload;
    std::vector<std::vector<const Axis*>> groups;
    std::vector<std::vector<Taken>> exclusions;
};

// A trial carries its prompts, and its identity is a hash over them.
constexpr std::int64_t max_text_bytes = std::int64_t{256} << 20;

std::int64_t text_bytes(const Workload& workload) {
    std::size_t bytes = 0;
    if (const auto* generate = std::get_if<GenerateWorkload>(&workload)) {
        for (const std::string& prompt : generate->prompts) {
            bytes += prompt.size() + sizeof prompt;
        }
    } else if (const auto* logits = std::get_if<LogitsWorkload>(&workload)) {
        bytes = (logits->ids.size() + logits->decoder_ids.size()) * sizeof(std::int64_t);
    }
    return static_cast<std::int64_t>(bytes);
}

class Planner {
public:
    Planner(const ExperimentSpec& spec, const PlanInputs& inputs) : spec_(spec), inputs_(inputs), baselines_(spec) {
        for (const SweepGroup& group : spec.sweep) {
            Group& axes = groups_.emplace_back();
            for (const SweepAxis& axis : group.axes) {
                axes.push_back({*parse_sweep_path(axis.path), &axis});
            }
        }
        for (const SweepExclude& exclude : spec.exclude) {
            Exclusion& exclusion = exclusions_.emplace_back();
            for (const auto& [path, value] : exclude.equals) {
                exclusion.equals.emplace_back(*parse_sweep_path(path), value);
            }
        }
    }

    Result<Plan> plan() {
        if (count_trials(spec_) > static_cast<double>(max_trials)) {
            return Error{.code = "SWEEP_TOO_LARGE",
                         .message = "the experiment means more than " + std::to_string(max_trials) + " trials",
                         .where = spec_.name};
        }
        plan_.experiment = spec_.name;
        for (const PairingSpec& pairing : spec_.pairings) {
            for (const TargetSpec& target : spec_.targets) {
                for (const WorkloadSpec& workload : spec_.workloads) {
                    const Cell cell = make_cell(pairing, target, workload);
                    if (!is_for(workload, pairing)) {
                        plan_.left_out += combinations(cell);
                        continue;
                    }
                    if (const std::optional<Error> refusal = plan_cell(cell)) {
                        return *refusal;
                    }
                }
            }
        }
        if (plan_.trials.empty()) {
            return Error{.code = "PLAN_EMPTY",
                         .message = excluded_ > 0 ? "the exclusions leave no trial of " + std::to_string(excluded_)
                                                  : "no workload is for any of the pairings",
                         .where = spec_.exclude.empty() ? std::string() : to_string(spec_.exclude.front().position)};
        }
        if (!too_large_.empty()) {
            return refuse_too_large();
        }
        for (Trial& trial : plan_.trials) {
            baselines_.find(trial);
        }
        order();
        sum_up();
        return std::move(plan_);
    }

private:
    Cell make_cell(const PairingSpec& pairing, const TargetSpec& target, const WorkloadSpec& workload) const {
        Cell cell{pairing, target, workload, {}, {}};
        for (const Group& group : groups_) {
            std::vector<const Axis*> concerned;
            for (const Axis& axis : group) {
                if (concerns(axis.path, pairing, target, workload)) {
                    concerned.push_back(&axis);
                }
            }
            if (!concerned.empty()) {
                cell.groups.push_back(std::move(concerned));
            }
        }
        for (const Exclusion& exclusion : exclusions_) {
            std::vector<Taken> taken;
            for (const auto& [path, value] : exclusion.equals) {
                if (concerns(path, pairing, target, workload)) {
                    find_axis(cell, path, value, taken);
                }
            }
            if (taken.size() == exclusion.equals.size()) {
                cell.exclusions.push_back(std::move(taken));
            }
        }
        return cell;
    }

    static void find_axis(const Cell& cell, const SweepPath& path, const std::string& value, std::vector<Taken>& out) {
        for (std::size_t g = 0; g < cell.groups.size(); ++g) {
            for (const Axis* axis : cell.groups[g]) {
                if (covers(axis->path, path)) {
                    out.push_back({g, axis->declared, &value});
                    return;  // no knob is swept twice
                }
            }
        }
    }

    std::int64_t combinations(const Cell& cell) const {
        auto product = static_cast<double>(spec_.seeds.size());
        for (const std::vector<const Axis*>& group : cell.groups) {
            product *= static_cast<double>(group.front()->declared->values.size());
        }
        constexpr double most = 1e15;  // of many cells together still exact
        return static_cast<std::int64_t>(std::min(product, most));
    }

    std::optional<Error> plan_cell(const Cell& cell) {
        std::vector<std::size_t> at(cell.groups.size(), 0);
        while (true) {
            if (const std::optional<Error> refusal = plan_combination(cell, at)) {
                return refusal;
            }
            // Counts up with the last group fastest, as nested loops in the file's order would.
            std::size_t g = at.size();
            while (g > 0 && ++at[g - 1] == cell.groups[g - 1].front()->declared->values.size()) {
                at[g - 1] = 0;
                --g;
            }
            if (g == 0) {
                return std::nullopt;
            }
        }
    }

    static bool is_excluded(const Cell& cell, const std::vector<std::size_t>& at) {
        return std::any_of(cell.exclusions.begin(), cell.exclusions.end(), [&](const std::vector<Taken>& exclusion) {
            return std::all_of(exclusion.begin(), exclusion.end(),
                               [&](const Taken& taken) { return taken.axis->values[at[taken.group]] == *taken.value; });
        });
    }

    std::optional<Error> plan_combination(const Cell& cell, const std::vector<std::size_t>& at) {
        if (is_excluded(cell, at)) {
            excluded_ += static_cast<std::int64_t>(spec_.seeds.size());
            return std::nullopt;
        }
        TrialParts parts{cell.pairing, cell.target.device, spec_.load, cell.workload.workload};
        std::vector<std::pair<std::string, std::string>> settings;
        for (std::size_t g = 0; g < cell.groups.size(); ++g) {
            for (const Axis* axis : cell.groups[g]) {
                const std::string& value = axis->declared->values[at[g]];
                if (const MaybeFault fault = apply_setting(axis->path, {value, false}, true, parts)) {
                    return Error{.code = fault->code,
                                 .message = axis->declared->path + " " + fault->message,
                                 .where = to_string(axis->declared->position)};
                }
                settings.emplace_back(axis->declared->path, value);
            }
        }
        // Each value was checked when the file was read; knobs that limit each other meet only here.
        MaybeFault fault = check_options(parts.device);
        if (!fault) {
            fault = check_pairing(parts.pairing);
        }
        if (!fault) {
            fault = std::visit([](const auto& options) { return check_options(options); }, parts.workload);
        }
        if (fault) {
            return refuse_combination(cell, *fault, settings);
        }
        const ModelFacts* model = find_model(parts.pairing.model);
        const bool paired = has_partner(parts.pairing.method);
        const ModelFacts* partner = paired ? find_model(parts.pairing.partner) : nullptr;
        if (model == nullptr || (paired && partner == nullptr)) {
            const std::string& unknown = model == nullptr ? parts.pairing.model : parts.pairing.partner;
            return Error{.code = "PLAN_MODEL_UNKNOWN",
                         .message = "nothing is known of the model \"" + unknown + "\" that pairing " +
                                    cell.pairing.name + " runs; nothing was run",
                         .where = to_string(cell.pairing.position)};
        }
        fault = check_together(parts.pairing, parts.workload, *model);
        if (!fault) {
            fault = check_labels(cell, parts.workload);
        }
        if (fault) {
            return refuse_combination(cell, *fault, settings);
        }
        const DataCounts counts = TANDEM_TRY(place_data(cell.workload, inputs_, parts.workload));
        TrialNeeds needs{*model, partner, counts};
        if (const std::string labeller = labeller_of(parts.pairing, parts.workload); !labeller.empty()) {
            needs.labeller = find_model(labeller);
            if (needs.labeller == nullptr) {
                return Error{.code = "PLAN_MODEL_UNKNOWN",
                             .message = "nothing is known of the model \"" + labeller + "\" that workload " +
                                        cell.workload.name + " has its labels from; nothing was run",
                             .where = to_string(cell.workload.position)};
            }
        }
        for (const std::uint64_t seed : spec_.seeds) {
            if (text_bytes_ > max_text_bytes) {
                return Error{.code = "PLAN_TEXT_TOO_LARGE",
                             .message = "the prompts of all trials together take more than " +
                                        show_bytes(max_text_bytes) + "; workload " + cell.workload.name +
                                        " alone has " + show_bytes(text_bytes(parts.workload)) +
                                        " a trial; use fewer trials or prompts; nothing was run",
                             .where = to_string(cell.workload.position)};
            }
            add_trial(cell, parts, settings, needs, seed);
        }
        return std::nullopt;
    }

    const ModelFacts* find_model(const std::string& name) const {
        const auto known = inputs_.models.find(name);
        return known == inputs_.models.end() || known->second.sha256.empty() ? nullptr : &known->second;
    }

    // Unless a sweep turns the labels on and off, to name whose they are and learn the targets is a mistake.
    static MaybeFault check_labels(const Cell& cell, const Workload& workload) {
        const auto* train = std::get_if<TrainWorkload>(&workload);
        const bool unused = train != nullptr && train->labels == Labels::gold &&
                            !(train->labels_from.empty() && train->labels_prompt.empty());
        const bool swept = std::ranges::any_of(cell.groups, [](const std::vector<const Axis*>& group) {
            return std::ranges::any_of(group, [](const Axis* axis) {
                return axis->path.section == SweepSection::workloads && axis->path.knob == "labels";
            });
        });
        if (!unused || swept) {
            return std::nullopt;
        }
        return Fault{"SPEC_CONFLICT", "has " +
                                          std::string(train->labels_from.empty() ? "labels_prompt" : "labels_from") +
                                          ", which labels llm looks at, and labels is gold"};
    }

    static Error refuse_combination(const Cell& cell, const Fault& fault,
                                    const std::vector<std::pair<std::string, std::string>>& settings) {
        if (settings.empty()) {
            return Error{.code = fault.code,
                         .message = "workload " + cell.workload.name + " cannot run with pairing " + cell.pairing.name +
                                    ": it " + fault.message +
                                    "; change one, or name the pairings it is for in workloads." + cell.workload.name +
                                    ".pairings; nothing was run",
                         .where = to_string(cell.workload.position)};
        }
        std::string combination;
        for (const auto& [path, value] : settings) {
            combination += (combination.empty() ? "" : ", ") + path + ": " + value;
        }
        const SourcePosition& position =
            cell.groups.empty() ? cell.workload.position : cell.groups.front().front()->declared->position;
        return Error{.code = fault.code,
                     .message = "the sweep has a combination that cannot run: with {" + combination + "}, " +
                                cell.workload.name + " of pairing " + cell.pairing.name + " " + fault.message +
                                "; exclude it or link the two; nothing was run",
                     .where = to_string(position)};
    }

    void add_trial(const Cell& cell, const TrialParts& parts,
                   const std::vector<std::pair<std::string, std::string>>& settings, const TrialNeeds& needs,
                   std::uint64_t seed) {
        Trial trial;
        text_bytes_ += text_bytes(parts.workload);
        trial.job.pairing = job_pairing(parts.pairing, needs);
        if (const std::string labeller = labeller_of(parts.pairing, parts.workload);
            !labeller.empty() && labeller != parts.pairing.partner) {
            trial.job.labeller = named(labeller, *needs.labeller);
        }
        trial.job.device = parts.device;
        trial.job.load = parts.load;
        trial.job.workload = parts.workload;
        if (auto* train = std::get_if<TrainWorkload>(&trial.job.workload)) {
            train->trainable = trainable_of(*train, parts.pairing.method);  // said or not: the same trial
        }
        trial.job.seed = seed;
        const auto known_machine = inputs_.machines.find(cell.target.name);
        const MachineFacts machine = known_machine == inputs_.machines.end() ? MachineFacts{} : known_machine->second;
        trial.id =
            sha256_hex(trial_identity_json(trial.job, cell.target.host, machine.fingerprint, inputs_.engine_version));
        trial.pairing = cell.pairing.name;
        trial.model = parts.pairing.model;
        trial.partner = has_partner(parts.pairing.method) ? parts.pairing.partner : std::string();
        trial.target = cell.target.name;
        trial.workload = cell.workload.name;
        trial.settings = settings;
        trial.seed = seed;
        baselines_.add(trial);
        if (!ids_.insert(trial.id).second) {
            ++plan_.duplicates;
            return;
        }
        trial.timing = runs_alone(trial.job.workload);
        const MemoryNeed need = estimate_memory(trial.job, needs);
        TrialNeeds of_trial = needs;
        of_trial.writes_labels =
            needs.labeller != nullptr && labels_.insert(label_set(trial.job, *needs.labeller)).second;
        trial.estimate = {need.total(), estimate_seconds(trial.job, of_trial, machine), false};
        use_history(trial);
        if (trial.action == TrialAction::run) {
            check_memory(trial, need, machine);
        }
        plan_.trials.push_back(std::move(trial));
    }

    static ModelRef named(const std::string& name, const ModelFacts& facts) {
        return {name, facts.location, facts.sha256, facts.adapter, facts.adapter_sha256};
    }

    Pairing job_pairing(const PairingSpec& spec, const TrialNeeds& needs) const {
        Pairing pairing;
        pairing.method = spec.method;
        pairing.model = named(spec.model, needs.model);
        if (needs.partner != nullptr) {
            pairing.partner = named(spec.partner, *needs.partner);
        }
        if (const auto trained = inputs_.trained.find(spec.name); trained != inputs_.trained.end()) {
            pairing.trained = trained->second;
        }
        pairing.guidance = spec.guidance;
        pairing.speculative = spec.speculative;
        pairing.soft_prompt = spec.soft_prompt;
        return pairing;
    }

    void use_history(Trial& trial) const {
        const auto known = inputs_.history.find(trial.id);
        if (known == inputs_.history.end()) {
            trial.reason = "new";
            return;
        }
        const TrialHistory& history = known->second;
        constexpr double ms_per_second = 1e3;
        constexpr std::size_t date = 10;  // of ISO 8601
        trial.first_attempt = history.attempts + 1;
        if (history.wall_ms) {
            trial.estimate.seconds = *history.wall_ms / ms_per_second;
            trial.estimate.measured = true;
        }
        if (history.peak_rss_bytes && *history.peak_rss_bytes > 0 && *history.peak_rss_bytes < 9e18) {
            trial.estimate.memory_bytes = static_cast<std::int64_t>(*history.peak_rss_bytes);
        }
        switch (history.state) {
            case TrialState::done:
                trial.action = TrialAction::skip;
                trial.reason = "done on " + history.finished_at.substr(0, date);
                break;
            case TrialState::failed:
                trial.reason = "failed with " + history.error_code + " on attempt " + std::to_string(history.attempts) +
                               ", tried again";
                break;
            case TrialState::running:
                trial.reason = "was interrupted, tried again";
                break;
            case TrialState::cancelled:
                trial.reason = "cancelled before, tried again";
                break;
            case TrialState::queued:
                trial.reason = history.attempts > 0 ? "was interrupted, tried again" : "new";
                break;
        }
    }

    void check_memory(const Trial& trial, const MemoryNeed& need, const MachineFacts& machine) {
        const std::int64_t limit = trial.job.device.memory_limit_bytes;
        std::string allowed;
        if (limit > 0 && need.total() > limit) {
            allowed = "its memory_limit_bytes is " + show_bytes(limit);
        } else if (machine.memory_bytes > 0 && need.total() > machine.memory_bytes) {
            allowed = "the machine has " + show_bytes(machine.memory_bytes);
        } else {
            return;
        }
        const std::string models = trial.model + (trial.partner.empty() ? "" : " with " + trial.partner);
        std::string line = models + " as " + std::string(enum_name(trial.job.load.dtype)) + " in workload " +
                           trial.workload + " on target " + trial.target + " needs " + need.to_string() + "; " +
                           allowed;
        if (seen_too_large_.insert(line).second) {
            too_large_.push_back(std::move(line));
        }
    }

    Error refuse_too_large() const {
        constexpr std::size_t most_shown = 20;
        std::string message = too_large_.front();
        for (std::size_t i = 1; i < std::min(too_large_.size(), most_shown); ++i) {
            message += "\n" + too_large_[i];
        }
        if (too_large_.size() > most_shown) {
            message += "\n... and " + std::to_string(too_large_.size() - most_shown) + " more";
        }
        return Error{.code = "PLAN_TOO_LARGE_FOR_TARGET",
                     .message = message + "\nNothing was run; exclude these trials or choose a smaller dtype",
                     .where = spec_.name};
    }

    // One model in one number format after the other, so that a worker may keep what it has loaded; otherwise in the
    // file's order.
    void order() {
        std::map<std::tuple<std::string, std::string, std::string, Dtype>, std::size_t> rank;
        const auto key = [](const Trial& trial) {
            return std::tuple(trial.target, trial.job.pairing.model.sha256, trial.job.pairing.partner.sha256,
                              trial.job.load.dtype);
        };
        for (const Trial& trial : plan_.trials) {
            rank.emplace(key(trial), rank.size());
        }
        std::vector<std::pair<std::size_t, std::size_t>> places;  // (rank, place in the file's order)
        for (std::size_t i = 0; i < plan_.trials.size(); ++i) {
            places.emplace_back(rank.at(key(plan_.trials[i])), i);
        }
        std::sort(places.begin(), places.end());
        std::vector<Trial> ordered;
        ordered.reserve(places.size());
        for (const auto& [ignored, place] : places) {
            ordered.push_back(std::move(plan_.trials[place]));
        }
        plan_.trials = std::move(ordered);
    }

    void sum_up() {
        Estimate& total = plan_.total_to_run;
        total.measured = true;
        for (const Trial& trial : plan_.trials) {
            if (trial.action == TrialAction::run) {
                total.seconds += trial.estimate.seconds;
                total.memory_bytes = std::max(total.memory_bytes, trial.estimate.memory_bytes);
                total.measured = total.measured && trial.estimate.measured;
            }
        }
    }

    const ExperimentSpec& spec_;
    const PlanInputs& inputs_;
    std::vector<Group> groups_;
    std::vector<Exclusion> exclusions_;
    Baselines baselines_;
    std::unordered_set<std::string> ids_;
    std::set<std::string> labels_;  // what has been written by a trial of the plan
    std::vector<std::string> too_large_;
    std::set<std::string> seen_too_large_;
    std::int64_t excluded_ = 0;
    std::int64_t text_bytes_ = 0;
    Plan plan_;
};

}  // namespace

Result<Plan> make_plan(const ExperimentSpec& spec, const PlanInputs& inputs) {
    return Planner(spec, inputs).plan();
}

}  // namespace tandem
