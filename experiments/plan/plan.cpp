#include "experiments/plan/plan.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <unordered_set>

#include "experiments/plan/baseline.h"
#include "experiments/plan/combinations.h"
#include "experiments/plan/data.h"
#include "experiments/plan/estimate.h"
#include "experiments/plan/label_set.h"
#include "experiments/plan/pairing_checks.h"
#include "experiments/plan/too_large.h"
#include "experiments/spec/options_reader.h"
#include "experiments/spec/pairing_knobs.h"
#include "experiments/spec/sweep_path.h"
#include "experiments/spec/sweep_reader.h"

namespace tandem {
namespace {

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
    Planner(const ExperimentSpec& spec, const PlanInputs& inputs)
        : spec_(spec), inputs_(inputs), sweep_(spec), baselines_(spec) {}

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
                    const Cell cell = sweep_.cell(pairing, target, workload);
                    if (!is_for(workload, pairing)) {
                        plan_.left_out += cell.trials(spec_.seeds.size());
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
        if (std::optional<Error> refusal = too_large_.refusal(spec_.name)) {
            return *std::move(refusal);
        }
        for (Trial& trial : plan_.trials) {
            baselines_.find(trial);
        }
        order();
        sum_up();
        return std::move(plan_);
    }

private:
    std::optional<Error> plan_cell(const Cell& cell) {
        Combination combination(cell);
        do {
            if (combination.is_excluded()) {
                excluded_ += static_cast<std::int64_t>(spec_.seeds.size());
            } else if (std::optional<Error> refusal = plan_combination(cell, combination)) {
                return refusal;
            }
        } while (combination.advance());
        return std::nullopt;
    }

    std::optional<Error> plan_combination(const Cell& cell, const Combination& combination) {
        TrialParts parts{cell.pairing, cell.target.device, spec_.load, cell.workload.workload};
        std::vector<std::pair<std::string, std::string>> settings;
        for (const auto& [axis, value] : combination.values()) {
            if (const MaybeFault fault = apply_setting(axis.path, {value, false}, true, parts)) {
                return Error{.code = fault->code,
                             .message = axis.declared->path + " " + fault->message,
                             .where = to_string(axis.declared->position)};
            }
            settings.emplace_back(axis.declared->path, value);
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
        // A sweep may turn the labels on and off.
        if (!fault && !cell.sweeps(SweepSection::workloads, "labels")) {
            fault = check_labels(parts.workload);
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
        return Error{.code = fault.code,
                     .message = "the sweep has a combination that cannot run: with {" + combination + "}, " +
                                cell.workload.name + " of pairing " + cell.pairing.name + " " + fault.message +
                                "; exclude it or link the two; nothing was run",
                     .where = to_string(cell.position())};
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
            too_large_.check(trial, need, machine);
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
    Sweep sweep_;
    Baselines baselines_;
    std::unordered_set<std::string> ids_;
    std::set<std::string> labels_;  // what has been written by a trial of the plan
    TooLarge too_large_;
    std::int64_t excluded_ = 0;
    std::int64_t text_bytes_ = 0;
    Plan plan_;
};

}  // namespace

Result<Plan> make_plan(const ExperimentSpec& spec, const PlanInputs& inputs) {
    return Planner(spec, inputs).plan();
}

}  // namespace tandem
