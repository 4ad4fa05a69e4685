#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "app/cli/command.h"
#include "app/cli/output.h"
#include "app/cli/table_style.h"
#include "app/report/comparison.h"
#include "db/store/store.h"

namespace tandem::cli {
namespace {

struct CompareOptions {
    std::string database;
    std::vector<std::string> trials;
    bool json = false;
};

Result<report::Comparison> compare(const CompareOptions& options) {
    auto reader = TANDEM_TRY(ResultsReader::open(options.database.empty() ? default_database_path()
                                                                          : std::filesystem::path(options.database)));
    const auto trials = TANDEM_TRY(report::read_compared(*reader, options.trials));
    for (std::size_t i = 1; i < trials.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            if (trials[i].detail.row.id == trials[j].detail.row.id) {
                return Error{.code = "TRIAL_TWICE",
                             .message = "'" + options.trials[j] + "' and '" + options.trials[i] +
                                        "' are the same trial; name different ones",
                             .where = "compare",
                             .kind = ErrorKind::bad_input};
            }
        }
    }
    return report::compare(trials);
}

int print_comparison(const CompareOptions& options) {
    const auto comparison = compare(options);
    if (!comparison) {
        return fail(comparison.error(), options.json);
    }
    return finish(options.json ? write_json(report::to_json(*comparison))
                               : write_out(report::to_text(*comparison, table_style())));
}

}  // namespace

void declare_compare(CLI::App& program, CommandLine& line) {
    auto options = std::make_shared<CompareOptions>();
    CLI::App* command =
        program.add_subcommand("compare", "Show only what differs between trials: causes apart from effects");
    command->add_option("trials", options->trials, "Trials by the beginning of their ids; the first is the reference")
        ->type_name("TRIAL")
        ->required()
        ->expected(2, 8);
    command->add_option("--db", options->database, "The database (default: $TANDEM_DB or the XDG data folder)")
        ->type_name("PATH");
    command->add_flag("--json", options->json, "One JSON document");
    command->callback([options, &line] { line.action = [options] { return print_comparison(*options); }; });
}

}  // namespace tandem::cli
