// Everything that a report shows, read in one go from the database. Errors: DB_*, EXPERIMENT_NOT_FOUND. Thread rule:
// plain data; reading as the reader.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "db/queries/queries.h"

namespace tandem::report {

// Trials beyond this many are in the table, but without curves, answers and logs of their own.
inline constexpr std::size_t most_detailed_trials = 400;

struct Answer {
    std::int64_t prompt = 0;
    std::string question, text;
    std::string stopped_by;  // eos, length, stop, cancelled
    std::int64_t tokens = 0;
};

struct ReportTrial {
    TrialDetail detail;
    // Token's position, and the milliseconds since the token before it: the median over repetitions.
    std::vector<std::pair<double, double>> token_gaps;
    std::vector<Answer> answers;
};

struct ReportData {
    std::string experiment, description, database;
    std::vector<ExperimentRow> versions;  // of the experiment's file, oldest first
    std::vector<TrialRow> trials;
    std::vector<ReportTrial> details;  // of the first of `trials`, in the same order
};

// Called with how many trials were read, of how many.
using ReportProgress = std::function<void(std::size_t, std::size_t)>;

Result<ReportData> gather_report(ResultsReader& reader, const std::string& experiment,
                                 const ReportProgress& progress = {});

// Milliseconds between tokens by position from 1 on, the median over repetitions from 0 on. Warm-ups do not count.
std::vector<std::pair<double, double>> token_gaps(const std::vector<Observation>& observations);

// At most `most` points, each the median of its neighbours.
std::vector<std::pair<double, double>> thinned(const std::vector<std::pair<double, double>>& points, std::size_t most);

}  // namespace tandem::report
