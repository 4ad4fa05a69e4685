#include <algorithm>
#include <chrono>
#include <ctime>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "app/cli/command.h"
#include "app/cli/output.h"
#include "app/cli/status_line.h"
#include "app/report/report_page.h"
#include "db/store/store.h"

namespace tandem::cli {
namespace {

struct ReportCommand {
    std::string database, experiment, out;
    bool force = false;
    bool json = false;
};

struct Written {
    std::string experiment;
    std::size_t trials = 0, bytes = 0;
    bool replaced = false;
};

std::string now_iso() {
    const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    std::tm parts{};
    char text[32] = "";
    if (gmtime_r(&now, &parts) != nullptr) {
        (void)std::strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &parts);
    }
    return text;
}

// The experiment that was planned last, where none is named.
Result<std::string> newest_experiment(ResultsReader& reader, const std::filesystem::path& database) {
    const auto experiments = TANDEM_TRY(reader.experiments());
    if (experiments.empty()) {
        return Error{.code = "EXPERIMENT_NOT_FOUND",
                     .message = "no experiment is stored yet; `tandem run FILE` stores one",
                     .where = database.string(),
                     .kind = ErrorKind::bad_input};
    }
    const std::string newest = experiments.back().name;
    if (std::any_of(experiments.begin(), experiments.end(),
                    [&](const ExperimentRow& row) { return row.name != newest; })) {
        tell("several experiments are stored; the report is of the newest, '" + newest +
             "' (--experiment names another)");
    }
    return newest;
}

Result<Written> write(const ReportCommand& command) {
    const std::filesystem::path database =
        command.database.empty() ? default_database_path() : std::filesystem::path(command.database);
    auto reader = TANDEM_TRY(ResultsReader::open(database));
    Written written;
    written.experiment =
        command.experiment.empty() ? TANDEM_TRY(newest_experiment(*reader, database)) : command.experiment;
    StatusLine status;
    const auto begun = std::chrono::steady_clock::now();
    report::ReportData data =
        TANDEM_TRY(report::gather_report(*reader, written.experiment, [&](std::size_t read, std::size_t of) {
            if (std::chrono::steady_clock::now() - begun > std::chrono::seconds(1)) {
                status.show("reading trial " + std::to_string(read) + " of " + std::to_string(of));
            }
        }));
    status.clear();
    data.database = database.string();
    const std::string html =
        report::render_report(data, {.generated_at = now_iso(), .program = "tandem " TANDEM_VERSION});
    written.replaced = TANDEM_TRY(report::write_report(
        command.out, html, command.force ? report::Overwrite::any_file : report::Overwrite::only_reports));
    written.trials = data.trials.size();
    written.bytes = html.size();
    return written;
}

int print_report(const ReportCommand& command) {
    const auto written = write(command);
    if (!written) {
        return fail(written.error(), command.json);
    }
    if (command.json) {
        const nlohmann::ordered_json document{{"report", std::filesystem::absolute(command.out).string()},
                                              {"experiment", written->experiment},
                                              {"trials", written->trials},
                                              {"bytes", written->bytes},
                                              {"replaced", written->replaced}};
        return finish(write_json(document));
    }
    constexpr std::size_t kib = 1024;
    return finish(write_out((written->replaced ? "replaced " : "wrote ") + command.out + ": " +
                            std::to_string(written->trials) + (written->trials == 1 ? " trial" : " trials") + " of " +
                            written->experiment + ", " + std::to_string((written->bytes + kib - 1) / kib) + " KiB\n"));
}

}  // namespace

void declare_report(CLI::App& program, CommandLine& line) {
    auto options = std::make_shared<ReportCommand>();
    CLI::App* command = program.add_subcommand("report", "Write one self-contained HTML file with tables and charts");
    command->add_option("--out", options->out, "The file to write; an earlier report there is replaced")
        ->type_name("FILE.html")
        ->required();
    command->add_option("--experiment", options->experiment, "The experiment (default: the newest)")->type_name("NAME");
    command->add_option("--db", options->database, "The database (default: $TANDEM_DB or the XDG data folder)")
        ->type_name("PATH");
    command->add_flag("--force", options->force, "Replace the file even if it is no report of Tandem");
    command->add_flag("--json", options->json, "One JSON document on standard output");
    command->callback([options, &line] { line.action = [options] { return print_report(*options); }; });
}

}  // namespace tandem::cli
