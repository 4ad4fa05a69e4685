// tandem export: what a stored training learned, as one folder to serve and to carry away.
#include <algorithm>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "app/cli/command.h"
#include "app/cli/output.h"
#include "app/cli/status_line.h"
#include "app/library/export_pairing.h"
#include "db/queries/queries.h"
#include "db/store/store.h"
#include "experiments/plan/estimate.h"
#include "experiments/wire/job_json.h"

namespace tandem::cli {
namespace {

namespace fs = std::filesystem;

struct ExportArguments {
    std::string trial, experiment, pairing, database, out;
    bool with_llm = false, force = false, json = false;
};

Error refused(const char* code, std::string message, std::string where) {
    return {.code = code,
            .message = std::move(message) + "; nothing was written",
            .where = std::move(where),
            .kind = ErrorKind::bad_input};
}

// The one finished training that the options mean.
Result<std::string> find_trial(ResultsReader& reader, const ExportArguments& arguments) {
    if (!arguments.trial.empty()) {
        return arguments.trial;
    }
    if (arguments.experiment.empty() && arguments.pairing.empty()) {
        return refused("USAGE", "name a trial, or --experiment and --pairing of a training", "");
    }
    ResultsQuery query;
    if (!arguments.experiment.empty()) {
        query.experiment = arguments.experiment;
    }
    std::vector<TrialRow> found;
    for (TrialRow& row : TANDEM_TRY(reader.trials(query))) {
        const bool named = arguments.pairing.empty() || row.pairing == arguments.pairing;
        if (named && row.kind == "train" && row.state == "done") {
            found.push_back(std::move(row));
        }
    }
    const std::string what = (arguments.pairing.empty() ? "" : " of the pairing " + arguments.pairing) +
                             (arguments.experiment.empty() ? "" : " in the experiment " + arguments.experiment);
    if (found.empty()) {
        return refused("EXPORT_NOT_TRAINED",
                       "no finished training" + what + " is stored; `tandem results` shows what is",
                       arguments.database);
    }
    if (found.size() > 1) {
        std::string ids;
        for (std::size_t i = 0; i < std::min<std::size_t>(found.size(), 10); ++i) {
            ids += "\n  " + found[i].id.substr(0, 12) + "  " + found[i].pairing + ", seed " +
                   std::to_string(found[i].seed);
        }
        return refused("EXPORT_SEVERAL",
                       std::to_string(found.size()) + " finished trainings" + what +
                           " are stored; name one by its id:" + ids + (found.size() > 10 ? "\n  ..." : ""),
                       arguments.database);
    }
    return found.front().id;
}

Result<ExportReport> do_export(const ExportArguments& arguments, StatusLine& status) {
    const fs::path database = arguments.database.empty() ? default_database_path() : fs::path(arguments.database);
    const auto reader = TANDEM_TRY(ResultsReader::open(database));
    const std::string id = TANDEM_TRY(find_trial(*reader, arguments));
    const TrialDetail trial = TANDEM_TRY(reader->trial(id));
    if (trial.row.kind != "train" || trial.row.state != "done") {
        return refused("EXPORT_NOT_TRAINED",
                       "the trial is of kind " + trial.row.kind + " and " + trial.row.state +
                           "; only a training that is done can be exported",
                       trial.row.id);
    }
    const auto parsed = nlohmann::json::parse(trial.job_json, nullptr, false);
    const Job job = TANDEM_TRY(job_from_json(parsed));
    if (!can_learn(job.pairing.method) || !std::holds_alternative<TrainWorkload>(job.workload)) {
        return refused("EXPORT_NOT_TRAINED", "the trial's pairing learns nothing", trial.row.id);
    }
    Library library = TANDEM_TRY(Library::open(Library::default_folder()));
    status.show("copying what was trained");
    return export_trained(library, {.trained = database.parent_path() / "trials" / trial.row.id / "trained",
                                    .pairing = job.pairing,
                                    .out = arguments.out,
                                    .with_llm = arguments.with_llm,
                                    .force = arguments.force,
                                    .doing = [&](const std::string& what) { status.show(what); }});
}

int run_export(const ExportArguments& arguments) {
    StatusLine status;
    const auto report = do_export(arguments, status);
    status.clear();
    if (!report) {
        return fail(report.error(), arguments.json);
    }
    if (arguments.json) {
        return finish(write_json({{"folder", report->folder.string()},
                                  {"bytes", report->bytes},
                                  {"kind", report->pairing ? "pairing" : "model"},
                                  {"with_llm", report->has_llm},
                                  {"replaced", report->replaced}}));
    }
    return finish(write_out((report->replaced ? "replaced " : "wrote ") + report->folder.string() + " (" +
                            show_bytes(report->bytes) + (report->pairing ? ", a pairing" : ", a model") +
                            ")\n`tandem generate " + report->folder.string() + " --prompt TEXT` answers with it\n"));
}

}  // namespace

void declare_export(CLI::App& program, CommandLine& line) {
    auto* command = program.add_subcommand(
        "export", "Copy what a stored training learned into one folder, which generate, bench and model info take");
    const auto arguments = std::make_shared<ExportArguments>();
    auto* trial = command->add_option("trial", arguments->trial, "The training's trial, by the beginning of its id")
                      ->type_name("TRIAL");
    command->add_option("--experiment", arguments->experiment, "In place of an id: the experiment")
        ->type_name("NAME")
        ->excludes(trial);
    command->add_option("--pairing", arguments->pairing, "In place of an id: the pairing that was trained")
        ->type_name("NAME")
        ->excludes(trial);
    command->add_option("--out", arguments->out, "The folder to make")->required()->type_name("FOLDER");
    command->add_flag("--with-llm", arguments->with_llm, "Copy the large model's files into it as well");
    command->add_flag("--force", arguments->force, "Replace an earlier export or model folder there");
    command->add_option("--db", arguments->database, "The database (default: $TANDEM_DB or the XDG data folder)")
        ->type_name("PATH");
    command->add_flag("--json", arguments->json, "One JSON document on stdout");
    command->footer("Nothing is left half-written: the folder gets its name when it is whole.");
    command->callback([&line, arguments] { line.action = [arguments] { return run_export(*arguments); }; });
}

}  // namespace tandem::cli
