// tandem run: from the file to stored results.
#include <nlohmann/json.hpp>
#include <set>

#include "app/cli/experiment_arguments.h"
#include "app/cli/interrupt.h"
#include "app/cli/output.h"
#include "app/cli/plan_text.h"
#include "app/cli/run_progress.h"
#include "app/cli/table_style.h"
#include "app/report/table_formats.h"
#include "db/queries/queries.h"

namespace tandem::cli {

namespace {

using nlohmann::ordered_json;

struct RunArguments {
    ExperimentArguments experiment;
    std::string events_file;
    bool dry_run = false;
};

// The rows of this plan's trials, in the plan's order of the store.
Result<std::vector<report::ResultRow>> stored_rows(const PreparedRun& prepared, const RunnerOptions& options) {
    auto reader = TANDEM_TRY(ResultsReader::open(options.database));
    auto trials = TANDEM_TRY(reader->trials({.experiment = prepared.spec.name}));
    std::set<std::string> ids;
    for (const Trial& trial : prepared.plan.trials) {
        ids.insert(trial.id);
    }
    std::erase_if(trials, [&](const TrialRow& row) { return !ids.contains(row.id); });
    return report::result_rows(trials, report::Seeds::apart);
}

// Trials of the plan that this run did not come to: it was interrupted, or stopped at a failure (on_error: stop).
std::int64_t not_run(const PreparedRun& prepared, const RunSummary& summary) {
    const auto all = static_cast<std::int64_t>(prepared.plan.trials.size());
    return all - summary.done - summary.failed - summary.cancelled - summary.skipped;
}

ordered_json run_json(const PreparedRun& prepared, const RunnerOptions& options, const RunSummary& summary,
                      const std::vector<report::ResultRow>& rows) {
    ordered_json trials = ordered_json::array();
    for (const report::ResultRow& row : rows) {
        trials.push_back(report::to_json(row));
    }
    return {{"experiment", prepared.spec.name},   {"database", options.database.string()},
            {"interrupted", summary.interrupted}, {"done", summary.done},
            {"failed", summary.failed},           {"cancelled", summary.cancelled},
            {"skipped", summary.skipped},         {"not_run", not_run(prepared, summary)},
            {"warnings", prepared.warnings},      {"trials", trials}};
}

std::string outcome_text(const PreparedRun& prepared, const RunSummary& summary) {
    std::string text = std::to_string(summary.done) + " done";
    if (summary.failed > 0) {
        text += ", " + std::to_string(summary.failed) + " failed (`tandem results --where state=failed` says why)";
    }
    if (summary.skipped > 0) {
        text += ", " + std::to_string(summary.skipped) + " done before and not repeated";
    }
    if (const std::int64_t left = not_run(prepared, summary); left > 0) {
        text += ", " + std::to_string(left) + " not run";
        text += summary.interrupted ? "" : " (execution.on_error is stop; the next run goes on)";
    }
    if (summary.interrupted) {
        text += "; interrupted: run the same command again to go on from here";
    }
    return text;
}

int exit_code(const RunSummary& summary) {
    if (summary.interrupted) {
        return exit_interrupted;
    }
    return summary.failed > 0 ? exit_trials_failed : exit_done;
}

int show_end(const RunArguments& arguments, const PreparedRun& prepared, const RunnerOptions& options,
             const RunSummary& summary) {
    const auto rows = stored_rows(prepared, options);
    if (!rows) {
        return fail(rows.error(), arguments.experiment.json);
    }
    const auto written = arguments.experiment.json
                             ? write_json(run_json(prepared, options, summary, *rows))
                             : write_out(report::to_text(report::make_table(*rows), table_style()) +
                                         "\nresults: " + options.database.string() + "\n");
    tell(outcome_text(prepared, summary));
    return written ? exit_code(summary) : fail(written.error());
}

int run_experiment(const RunArguments& arguments) {
    const bool json = arguments.experiment.json;
    auto options = runner_options(arguments.experiment);
    if (!options) {
        return fail(options.error(), json);
    }
    options->events_file = arguments.events_file;
    StatusLine status;
    const Interrupts interrupts([&] {
        status.print(
            "stopping: the trial that runs is cancelled and what is measured is kept; Ctrl-C again ends at "
            "once");
    });
    const auto prepared = prepare(arguments.experiment, *options);
    if (!prepared) {
        return fail(prepared.error(), json);
    }
    for (const std::string& warning : prepared->warnings) {
        warn(warning);
    }
    tell(prepared->spec.name + ": " + plan_summary(prepared->plan));
    RunProgress progress(prepared->plan, status);
    const auto summary = execute_run(*prepared, *options, progress.listener(), interrupts.token());
    status.clear();
    if (!summary) {
        const int code = fail(summary.error(), json);
        // Trials that ended before are stored: not the same as bad input, where nothing was changed.
        return code == exit_bad_input && progress.anything_started() ? exit_trials_failed : code;
    }
    return show_end(arguments, *prepared, *options, *summary);
}

}  // namespace

void declare_run(CLI::App& program, CommandLine& line) {
    auto* command = program.add_subcommand("run", "Run what is not done yet of an experiment and store the results");
    const auto arguments = std::make_shared<RunArguments>();
    add_experiment_options(*command, arguments->experiment);
    command->add_flag("--dry-run", arguments->dry_run, "Only plan: the same as `tandem plan`");
    command
        ->add_option("--events", arguments->events_file,
                     "Append every event, once it is safely stored, to this file as one line of JSON")
        ->type_name("FILE");
    command
        ->add_option("--worker", arguments->experiment.worker,
                     "The program that runs trials (default: tandem-worker beside this program)")
        ->envname("TANDEM_WORKER")
        ->type_name("PROGRAM");
    command->footer("Running again skips trials already done. Ctrl-C finishes cleanly; a second one ends at once.");
    command->callback([&line, arguments] {
        line.action = [arguments] {
            return arguments->dry_run ? show_plan(arguments->experiment, false) : run_experiment(*arguments);
        };
    });
}

}  // namespace tandem::cli
