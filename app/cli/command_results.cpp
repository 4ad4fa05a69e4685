#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "app/cli/command.h"
#include "app/cli/output.h"
#include "app/cli/table_style.h"
#include "app/report/speedup_table.h"
#include "app/report/table_formats.h"
#include "db/store/store.h"

namespace tandem::cli {
namespace {

struct ResultsOptions {
    std::string database, experiment, where;
    std::string format = "table";
    bool group_seeds = false;
    bool speedup = false;
    bool json = false;
};

Result<std::vector<TrialRow>> read_trials(const ResultsOptions& options, const std::filesystem::path& database) {
    ResultsQuery query;
    query.filters = TANDEM_TRY(parse_filters(options.where));
    if (!options.experiment.empty()) {
        query.experiment = options.experiment;
    }
    auto reader = TANDEM_TRY(ResultsReader::open(database));
    auto trials = TANDEM_TRY(reader->trials(query));
    if (!trials.empty() || options.experiment.empty()) {
        return trials;
    }
    std::string known;
    const auto experiments = TANDEM_TRY(reader->experiments());
    for (const ExperimentRow& row : experiments) {
        if (row.name == options.experiment) {
            return trials;
        }
        if (known.find("'" + row.name + "'") == std::string::npos) {
            known += (known.empty() ? "'" : ", '") + row.name + "'";
        }
    }
    return Error{.code = "EXPERIMENT_NOT_FOUND",
                 .message = "no experiment is called '" + options.experiment +
                            "'; stored are: " + (known.empty() ? std::string("none yet") : known),
                 .where = database.string(),
                 .kind = ErrorKind::bad_input};
}

// `all` and not only the compared rows: why a speed-up is missing stands in the baseline's row.
std::string printed(const std::vector<report::ResultRow>& all, bool speedup, TableFormat format) {
    const std::vector<report::ResultRow> rows = speedup ? report::compared_rows(all) : all;
    const auto table = [&] { return speedup ? report::make_speedup_table(all) : report::make_table(rows); };
    switch (format) {
        case TableFormat::csv:
            return report::to_csv(rows);
        case TableFormat::jsonl:
            return report::to_jsonl(rows);
        case TableFormat::markdown:
            return report::to_markdown(table());
        case TableFormat::latex:
            return report::to_latex(table());
        case TableFormat::table:
            break;
    }
    return report::to_text(table(), table_style());
}

int print_results(const ResultsOptions& options) {
    const std::filesystem::path database =
        options.database.empty() ? default_database_path() : std::filesystem::path(options.database);
    const auto trials = read_trials(options, database);
    if (!trials) {
        return fail(trials.error(), options.json);
    }
    const auto rows = report::result_rows(*trials, options.group_seeds ? report::Seeds::merged : report::Seeds::apart);
    const auto compared = options.speedup ? report::compared_rows(rows) : rows;
    if (options.json) {
        nlohmann::ordered_json document{{"database", database.string()}, {"trials", nlohmann::ordered_json::array()}};
        for (const report::ResultRow& row : compared) {
            document["trials"].push_back(report::to_json(row));
        }
        return finish(write_json(document));
    }
    const TableFormat format = enum_from_name<TableFormat>(options.format).value_or(TableFormat::table);
    if (compared.empty() && !rows.empty() && format == TableFormat::table) {
        return finish(write_out(
            "no trial here is compared with a baseline; a pairing of two models is with the one that runs its "
            "large model alone, and any with the one that its `baseline:` names\n"));
    }
    if (rows.empty() && format == TableFormat::table) {
        return finish(write_out(options.where.empty()
                                    ? "no trials are stored yet; `tandem run FILE` plans and runs some\n"
                                    : "no trial matches --where\n"));
    }
    return finish(write_out(printed(rows, options.speedup, format)));
}

}  // namespace

void declare_results(CLI::App& program, CommandLine& line) {
    auto options = std::make_shared<ResultsOptions>();
    CLI::App* command = program.add_subcommand(
        "results", "Show stored trials and their metrics; without --experiment those of all experiments");
    command->add_option("--db", options->database, "The database (default: $TANDEM_DB or the XDG data folder)")
        ->type_name("PATH");
    command->add_option("--experiment", options->experiment, "Only trials of this experiment")->type_name("NAME");
    std::vector<std::string> formats;
    formats.reserve(EnumNames<TableFormat>::values.size());
    for (const auto& [format, name] : EnumNames<TableFormat>::values) {
        formats.emplace_back(name);
    }
    CLI::Option* format = command->add_option("--format", options->format, "table, csv, jsonl, markdown or latex")
                              ->check(CLI::IsMember(formats))
                              ->capture_default_str();
    command
        ->add_option("--where", options->where,
                     "Only trials that match, as in \"state=done,model~smol,ttft_ms<50\"; operators: = != < <= > >= ~")
        ->type_name("FILTERS");
    command->add_flag("--group-seeds", options->group_seeds,
                      "One row for trials that differ only in the seed: mean, sd and interval over trials");
    command->add_flag("--speedup", options->speedup,
                      "Only trials that are compared with a baseline: times of both, speed-ups, memory, size ratio");
    command->add_flag("--json", options->json, "One JSON document instead of a table")->excludes(format);
    command->callback([options, &line] { line.action = [options] { return print_results(*options); }; });
}

}  // namespace tandem::cli
