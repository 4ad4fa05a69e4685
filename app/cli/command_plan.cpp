// tandem plan: what a run would do, and why. Writes nothing anywhere.
#include <limits>
#include <nlohmann/json.hpp>

#include "app/cli/experiment_arguments.h"
#include "app/cli/output.h"
#include "app/cli/plan_text.h"

namespace tandem::cli {
namespace {

constexpr std::size_t shown_trials = 100;

}  // namespace

int show_plan(const ExperimentArguments& arguments, bool all) {
    const auto options = runner_options(arguments);
    if (!options) {
        return fail(options.error(), arguments.json);
    }
    const auto prepared = prepare(arguments, *options);
    if (!prepared) {
        return fail(prepared.error(), arguments.json);
    }
    for (const std::string& warning : prepared->warnings) {
        warn(warning);
    }
    if (arguments.json) {
        return finish(write_json(plan_json(*prepared)));
    }
    const std::size_t most = all ? std::numeric_limits<std::size_t>::max() : shown_trials;
    std::string text = plan_table(prepared->plan, most) + "\n" + plan_summary(prepared->plan) + "\n";
    if (prepared->plan.duplicates > 0) {
        text += std::to_string(prepared->plan.duplicates) + " combinations meant the same as others\n";
    }
    if (prepared->plan.left_out > 0) {
        text += std::to_string(prepared->plan.left_out) +
                " combinations left out: their workload is not for their pairing\n";
    }
    return finish(write_out(text));
}

void declare_plan(CLI::App& program, CommandLine& line) {
    struct Arguments {
        ExperimentArguments experiment;
        bool all = false;
    };
    auto* command = program.add_subcommand(
        "plan", "Show the trials an experiment means: how many, how long, how much memory, and why each would run");
    const auto arguments = std::make_shared<Arguments>();
    add_experiment_options(*command, arguments->experiment);
    command->add_flag("--all", arguments->all, "Show every trial, not the first 100");
    command->callback(
        [&line, arguments] { line.action = [arguments] { return show_plan(arguments->experiment, arguments->all); }; });
}

}  // namespace tandem::cli
