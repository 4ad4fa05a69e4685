#include <algorithm>
#include <map>
#include <system_error>
#include <variant>

#include "app/library/library.h"
#include "app/runner/inputs.h"
#include "app/runner/places.h"
#include "app/runner/runner.h"
#include "db/store/stored_history.h"
#include "engine/api/results_version.h"
#include "engine/evaluation/task_scores.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

// The source as the library takes it: paths are relative to the file that says them.
std::string located(const ModelSpec& model, const Library& library) {
    if (model.source.starts_with("random:") || library.find(model.source) != nullptr) {
        return model.source;
    }
    const fs::path beside = fs::path(model.position.file).parent_path() / model.source;
    const bool looks_like_path = model.source.find('/') != std::string::npos || model.source.ends_with(".gguf");
    std::error_code ignored;
    return fs::exists(beside, ignored) || looks_like_path ? beside.string() : model.source;
}

Result<std::map<std::string, ModelFacts>> resolve_models(const ExperimentSpec& spec, const fs::path& folder,
                                                         std::vector<std::string>& warnings) {
    Library library = TANDEM_TRY(Library::open(folder));
    std::map<std::string, ModelFacts> models;
    for (const ModelSpec& model : spec.models) {
        auto facts = library.resolve(located(model, library));
        if (!facts) {
            return placed(facts.error(), model.position);
        }
        if (!model.adapter.empty()) {
            const fs::path beside = fs::path(model.position.file).parent_path() / model.adapter;
            if (const auto attached = library.attach_adapter(*facts, beside.string()); !attached) {
                return placed(attached.error(), model.position);
            }
        }
        for (const std::string& warning : facts->warnings) {
            warnings.push_back("model " + model.name + ": " + warning);
        }
        models.emplace(model.name, std::move(*facts));
    }
    return models;
}

const TaskOptions* task_of(const Workload& workload) {
    if (const auto* evaluate = std::get_if<EvaluateWorkload>(&workload)) {
        return &evaluate->task;
    }
    const auto* train = std::get_if<TrainWorkload>(&workload);
    return train == nullptr ? nullptr : &train->task;
}

// A name that no score has would be refused only when the trial starts.
Result<void> check_scores(const ExperimentSpec& spec) {
    for (const WorkloadSpec& workload : spec.workloads) {
        const TaskOptions* task = task_of(workload.workload);
        const auto scores = task == nullptr ? Result<TaskScores>(TaskScores()) : TaskScores::create(task->scores);
        if (!scores) {
            return placed(scores.error(), workload.position);
        }
    }
    return {};
}

// A benchmark that is longer than its model can read would fail only when its turn comes.
void warn_of_long_benchmarks(const Plan& plan, const std::map<std::string, ModelFacts>& models,
                             std::vector<std::string>& warnings) {
    std::map<std::string, std::int64_t> too_long;
    for (const Trial& trial : plan.trials) {
        const auto* benchmark = std::get_if<BenchmarkWorkload>(&trial.job.workload);
        if (benchmark == nullptr || trial.action != TrialAction::run) {
            continue;
        }
        const auto check = [&](const std::string& name, std::int64_t new_tokens) {
            const auto model = models.find(name);
            if (model == models.end()) {
                return;
            }
            const ModelShape& shape = model->second.shape;
            const std::int64_t tokens = shape.kind == ModelKind::encoder_decoder
                                            ? std::max(benchmark->prompt_tokens, new_tokens)
                                            : benchmark->prompt_tokens + new_tokens;
            if (shape.context > 0 && tokens > shape.context) {
                ++too_long[name];
            }
        };
        check(trial.model, benchmark->new_tokens);
        // The large model of a guided one reads the prompt alone.
        const bool writes = trial.job.pairing.method == PairingMethod::speculative;
        check(trial.partner, writes ? benchmark->new_tokens : 0);
    }
    for (const auto& [name, count] : too_long) {
        warnings.push_back(std::to_string(count) + (count == 1 ? " trial has" : " trials have") +
                           " more tokens than the " + std::to_string(models.at(name).shape.context) +
                           " that the model " + name + " was trained for, and will fail with CONTEXT_TOO_LONG");
    }
}

// A baseline that the file names and that no trial is of would leave its pairing without a speed-up.
void warn_of_missing_baselines(const Plan& plan, std::vector<std::string>& warnings) {
    std::map<std::pair<std::string, std::string>, std::int64_t> missing;  // pairing, baseline
    for (const Trial& trial : plan.trials) {
        if (!trial.baseline.empty() && trial.baseline_trial.empty() && trial.timing) {
            ++missing[{trial.pairing, trial.baseline}];
        }
    }
    for (const auto& [names, count] : missing) {
        warnings.push_back(std::to_string(count) + (count == 1 ? " trial" : " trials") + " of pairing " + names.first +
                           (count == 1 ? " has" : " have") + " no speed-up: its baseline " + names.second +
                           " has no trial, or several, of the same target, workload, settings and seed");
    }
}

// Whoever writes there makes the folders; a plan makes none.
void place_jobs(Plan& plan, const fs::path& database) {
    const fs::path trials = fs::absolute(database).parent_path() / "trials";
    const std::string cache = trial_cache_folder().string();
    for (Trial& trial : plan.trials) {
        trial.job.place = {.work = (trials / trial.id).string(), .cache = cache};
    }
}

bool times_something(const Plan& plan) {
    for (const Trial& trial : plan.trials) {
        if (trial.action == TrialAction::run && trial.timing) {
            return true;
        }
    }
    return false;
}

}  // namespace

std::string engine_version() {
    return "results " + std::string(results_version) + ", libtorch " + TANDEM_LIBTORCH_VERSION;
}

Result<PreparedRun> prepare_run(const fs::path& experiment, const RunnerOptions& options) {
    return prepare_run(TANDEM_TRY(read_experiment(experiment, options.overrides)), options);
}

Result<PreparedRun> prepare_run(ExperimentSpec spec, const RunnerOptions& given) {
    const RunnerOptions options = with_defaults(given);
    PreparedRun prepared;
    PlanInputs inputs{.engine_version = engine_version()};
    TANDEM_TRY(check_scores(spec));
    inputs.models = TANDEM_TRY(resolve_models(spec, options.library, prepared.warnings));
    inputs.data = TANDEM_TRY(resolve_data(spec, options.library / "data"));
    inputs.trained = TANDEM_TRY(resolve_trained(spec));
    const MachineFacts here = local_machine_facts();
    for (const TargetSpec& target : spec.targets) {
        inputs.machines.emplace(target.name, here);
    }
    StoredHistory stored = TANDEM_TRY(read_stored_history(options.database));
    inputs.history = std::move(stored.trials);
    prepared.warnings.insert(prepared.warnings.end(), stored.warnings.begin(), stored.warnings.end());
    prepared.plan = TANDEM_TRY(make_plan(spec, inputs));
    place_jobs(prepared.plan, options.database);
    prepared.spec = std::move(spec);
    warn_of_long_benchmarks(prepared.plan, inputs.models, prepared.warnings);
    warn_of_missing_baselines(prepared.plan, prepared.warnings);
    if (times_something(prepared.plan)) {
        for (std::string& warning : machine_warnings()) {
            prepared.warnings.push_back(std::move(warning));
        }
    }
    return prepared;
}

}  // namespace tandem
