#include "tests/db/store_fixture.h"

#include <cstdio>

namespace tandem::db_test {

std::string trial_id(int number) {
    char text[65];
    std::snprintf(text, sizeof text, "%08x%056d", static_cast<unsigned>(number), 0);
    return text;
}

ExperimentSpec example_spec(const std::string& name) {
    ExperimentSpec spec;
    spec.name = name;
    spec.description = "for tests";
    spec.resolved_yaml = "name: " + name + "\n";
    return spec;
}

Plan example_plan(int trials) {
    Plan plan{.experiment = "example", .trials = {}, .duplicates = 0, .total_to_run = {}};
    for (int number = 0; number < trials; ++number) {
        Trial trial;
        trial.id = trial_id(number);
        trial.pairing = "small";
        trial.model = number % 2 == 0 ? "smollm" : "llama";
        trial.target = "cpu";
        trial.workload = "speed";
        trial.settings = {{"workloads.speed.prompt_tokens", std::to_string(16 << (number % 3))},
                          {"load.dtype", "int8"}};
        trial.seed = 18446744073709551615U;
        trial.job.workload = NullWorkload{.observations = number, .interval_us = 0};
        trial.job.seed = trial.seed;
        plan.trials.push_back(std::move(trial));
    }
    return plan;
}

namespace {

TrialEvent event(const std::string& trial, std::int64_t attempt, std::uint64_t sequence,
                 decltype(TrialEvent::body) body) {
    return TrialEvent{.trial_id = trial,
                      .attempt = attempt,
                      .sequence = sequence,
                      .wall_time_ms = 1'795'000'000'000 + static_cast<std::int64_t>(sequence),
                      .body = std::move(body)};
}

}  // namespace

TrialEvent started(const std::string& trial, std::int64_t attempt, std::uint64_t sequence) {
    return event(
        trial, attempt, sequence,
        AttemptStarted{.target = "cpu",
                       .environment_json = R"({"build":"test","cpu":"Example 3000","governor":"performance"})"});
}

TrialEvent token(const std::string& trial, std::int64_t attempt, std::uint64_t sequence, const std::string& text) {
    return event(trial, attempt, sequence,
                 Observation{.kind = ObservationKind::token,
                             .time_ns = static_cast<std::int64_t>(sequence) * 1'000'000,
                             .repetition = 0,
                             .index = static_cast<std::int64_t>(sequence) - 2,
                             .name = {},
                             .value = 7,
                             .text = text});
}

TrialEvent log_line(const std::string& trial, std::int64_t attempt, std::uint64_t sequence, const std::string& text) {
    return event(trial, attempt, sequence, LogLine{text});
}

TrialEvent done(const std::string& trial, std::int64_t attempt, std::uint64_t sequence, double mean) {
    Report report;
    report.metrics.push_back({.name = "ttft_ms",
                              .n = 2,
                              .mean = mean,
                              .sd = 0.5,
                              .ci95_low = mean - 1,
                              .ci95_high = mean + 1,
                              .p50 = mean,
                              .p90 = {},
                              .min = mean - 0.5,
                              .max = mean + 0.5,
                              .samples = {mean - 0.5, mean + 0.5}});
    report.metrics.push_back({.name = "energy_joules", .n = 0, .mean = {}, .samples = {}});
    report.facts.push_back({"dtype", "int8"});
    report.facts.push_back({"device", "cpu"});
    return event(trial, attempt, sequence, AttemptDone{std::move(report)});
}

TrialEvent failed(const std::string& trial, std::int64_t attempt, std::uint64_t sequence) {
    return event(trial, attempt, sequence,
                 AttemptFailed{Error{.code = "WORKER_KILLED",
                                     .message = "the worker was killed by signal 9",
                                     .where = "worker",
                                     .kind = ErrorKind::out_of_memory}});
}

std::unique_ptr<Store> store_with_plan(const std::filesystem::path& path, int trials, StoreOptions options) {
    auto store = Store::open(path, options);
    if (!store) {
        ADD_FAILURE() << store.error().to_string();
        return nullptr;
    }
    auto recorded = (*store)->record_plan(example_spec(), example_plan(trials));
    EXPECT_TRUE(recorded.ok()) << recorded.error().to_string();
    return std::move(*store);
}

namespace {

Result<std::string> read_text(const std::filesystem::path& path, const std::string& sql) {
    auto connection = TANDEM_TRY(db::Connection::open(path, db::OpenMode::read_write, 5000));
    auto statement = TANDEM_TRY(connection->prepare(sql));
    return TANDEM_TRY(statement.query()) ? statement.string(0) : std::string();
}

}  // namespace

std::string query_text(const std::filesystem::path& path, const std::string& sql) {
    auto text = read_text(path, sql);
    return text ? *text : "error: " + text.error().to_string();
}

std::int64_t query_integer(const std::filesystem::path& path, const std::string& sql) {
    const std::string text = query_text(path, sql);
    try {
        return std::stoll(text);
    } catch (const std::exception&) {
        ADD_FAILURE() << sql << ": " << text;
        return -1;
    }
}

std::string token_text(std::uint64_t sequence) {
    return "token " + std::to_string(sequence * 2654435761U % 1000003);
}

std::string find_violation(const std::filesystem::path& path, const Acknowledged& acknowledged) {
    if (const std::string check = query_text(path, "PRAGMA integrity_check"); check != "ok") {
        return "integrity_check: " + check;
    }
    if (const std::string check = query_text(path, "SELECT count(*) FROM pragma_foreign_key_check"); check != "0") {
        return "foreign_key_check: " + check;
    }
    const std::string twice =
        query_text(path,
                   "SELECT count(*) FROM (SELECT attempt_id, sequence FROM observations UNION ALL SELECT "
                   "attempt_id, sequence FROM events) GROUP BY attempt_id, sequence HAVING count(*) > 1 LIMIT 1");
    if (!twice.empty()) {
        return "a number is stored twice: " + twice;
    }
    for (const auto& [key, sequence] : acknowledged) {
        const std::string of_attempt = " WHERE sequence BETWEEN 2 AND " + std::to_string(sequence) +
                                       " AND attempt_id = (SELECT id FROM attempts WHERE trial_id = '" + key.first +
                                       "' AND attempt = " + std::to_string(key.second) + ")";
        auto connection = db::Connection::open(path, db::OpenMode::read_write, 5000);
        if (!connection) {
            return connection.error().to_string();
        }
        auto rows = (*connection)
                        ->prepare("SELECT sequence, text, 1 FROM observations" + of_attempt +
                                  " UNION ALL SELECT sequence, '', 0 FROM events" + of_attempt + " ORDER BY 1");
        if (!rows) {
            return rows.error().to_string();
        }
        std::uint64_t expected = 2;  // 1 is the start
        for (auto row = rows->query(); row && *row; row = rows->step(), ++expected) {
            if (static_cast<std::uint64_t>(rows->integer(0)) != expected ||
                (rows->integer(2) == 1 && rows->text(1) != token_text(expected))) {
                return "acknowledged event " + std::to_string(expected) + " is missing or different";
            }
        }
        if (expected <= sequence) {
            return "acknowledged up to " + std::to_string(sequence) + ", stored up to " + std::to_string(expected - 1);
        }
    }
    return {};
}

}  // namespace tandem::db_test
