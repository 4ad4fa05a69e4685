#include "app/cli/experiment_arguments.h"

namespace tandem::cli {

void add_experiment_options(CLI::App& command, ExperimentArguments& arguments) {
    command
        .add_option("file", arguments.file,
                    "The experiment's YAML file, or the name of one that is installed with Tandem, as in quickstart")
        ->required();
    command
        .add_option("--set", arguments.sets,
                    "Change a value of the file, as in --set load.dtype=bf16; may be given several times")
        ->type_name("KEY=VALUE")
        ->allow_extra_args(false);
    command.add_option("--db", arguments.database, "The database (default: $TANDEM_DB or the XDG data folder)")
        ->type_name("PATH");
    command.add_flag("--json", arguments.json, "One JSON document on stdout");
}

Result<RunnerOptions> runner_options(const ExperimentArguments& arguments) {
    RunnerOptions options{.database = arguments.database, .worker_program = arguments.worker};
    for (const std::string& set : arguments.sets) {
        const auto equals = set.find('=');
        if (equals == std::string::npos || equals == 0) {
            return Error{.code = "SET_SYNTAX",
                         .message = "found '" + set + "', need KEY=VALUE as in load.dtype=bf16; nothing was run",
                         .where = "--set",
                         .kind = ErrorKind::bad_input};
        }
        options.overrides.push_back({set.substr(0, equals), set.substr(equals + 1)});
    }
    return with_defaults(std::move(options));
}

Result<PreparedRun> prepare(const ExperimentArguments& arguments, const RunnerOptions& options) {
    const auto file = TANDEM_TRY(find_experiment(arguments.file));
    return prepare_run(file, options);
}

}  // namespace tandem::cli
