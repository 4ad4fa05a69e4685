// Rows for tests of tables, without a database. Thread rule: stateless.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "app/report/result_rows.h"
#include "engine/benchmark/statistics.h"

namespace tandem::report_test {

inline TrialRow trial_row(int number, const std::string& dtype, std::uint64_t seed, std::vector<double> ttft_ms) {
    char id[65];
    std::snprintf(id, sizeof id, "%08x%056d", static_cast<unsigned>(number), 0);
    TrialRow row;
    row.id = id;
    row.experiment = "quick";
    row.pairing = "small";
    row.model = "smollm";
    row.target = "here";
    row.workload = "speed";
    row.kind = "benchmark";
    row.settings = {{"load.dtype", dtype}, {"workloads.speed.new_tokens", "32"}};
    row.seed = seed;
    row.state = "done";
    row.attempts = 1;
    row.started_at = "2026-11-24T10:00:00Z";
    row.finished_at = "2026-11-24T10:00:09Z";
    if (!ttft_ms.empty()) {
        row.metrics["ttft_ms"] = summarise("ttft_ms", std::move(ttft_ms));
        row.metrics["weights_bytes"] = summarise("weights_bytes", {96.0 * 1024 * 1024});
    }
    return row;
}

inline TrialRow failed_row(int number) {
    TrialRow row = trial_row(number, "f32", 1, {});
    row.state = "failed";
    row.error_code = "WORKER_KILLED";
    row.error_message = "the worker was killed, \"hard\"";
    return row;
}

}  // namespace tandem::report_test
