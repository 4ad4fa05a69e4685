// Rows of a table before they are cells: trials, or groups of trials that differ in nothing but the seed. Thread rule:
// stateless.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "db/queries/queries.h"

namespace tandem::report {

enum class Seeds {
    apart,   // one row a trial
    merged,  // one row for trials that are alike but for the seed
};

struct ResultRow {
    TrialRow trial;                // the first trial of the row; state, error and metrics are the row's
    std::vector<std::string> ids;  // whole ids, in order
    std::vector<std::uint64_t> seeds;
    // More than one: each metric is over that many trials, each counted once by its mean (n is the number of trials).
    // One: over the trial's own repetitions.
    std::int64_t trials_measured = 0;
};

std::vector<ResultRow> result_rows(const std::vector<TrialRow>& trials, Seeds seeds);

// One thing in which rows differ: a column of names, a setting or the seed.
struct Dimension {
    std::string key;      // "model", "load.dtype", "seed"
    std::string heading;  // the setting's last word where that is unambiguous
    bool varies = false;
};

// Every dimension that a row has a value for, in the order experiment, pairing, model, target, workload, settings,
// seed.
std::vector<Dimension> dimensions(const std::vector<ResultRow>& rows);

// "small + large"; one name for one model.
std::string models_text(const TrialRow& trial);

// Empty where the row has none.
std::string dimension_value(const ResultRow& row, const std::string& key);

// What tells the row from the others in few words, as in "int8, prompt_tokens 256"; the row's workload where nothing
// varies. Dimensions that follow from an earlier one are left out.
std::vector<std::string> row_labels(const std::vector<ResultRow>& rows);

}  // namespace tandem::report
