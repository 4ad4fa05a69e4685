#include "app/report/report_data.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "engine/benchmark/statistics.h"

namespace tandem::report {
namespace {

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    constexpr double half = 0.5;
    return percentile(values, half);
}

std::vector<std::string> prompts_of(const std::string& job_json) {
    std::vector<std::string> prompts;
    const auto job = nlohmann::json::parse(job_json, nullptr, false);
    const auto path = nlohmann::json::json_pointer("/workload/prompts");
    if (job.is_object() && job.contains(path) && job[path].is_array()) {
        for (const auto& prompt : job[path]) {
            prompts.push_back(prompt.is_string() ? prompt.get<std::string>() : prompt.dump());
        }
    }
    return prompts;
}

std::vector<Answer> answers_of(const std::vector<Observation>& observations, const std::string& job_json) {
    const std::vector<std::string> prompts = prompts_of(job_json);
    std::map<std::int64_t, std::int64_t> tokens;
    std::vector<Answer> answers;
    for (const Observation& observation : observations) {
        if (observation.kind == ObservationKind::token) {
            ++tokens[observation.repetition];
        } else if (observation.kind == ObservationKind::output) {
            const auto number = static_cast<std::size_t>(observation.index);
            answers.push_back({.prompt = observation.index,
                               .question = observation.index >= 0 && number < prompts.size() ? prompts[number] : "",
                               .text = observation.text,
                               .stopped_by = observation.name,
                               .tokens = tokens[observation.repetition]});
        }
    }
    return answers;
}

Result<ReportTrial> read_trial(ResultsReader& reader, const TrialRow& row) {
    ReportTrial trial{.detail = TANDEM_TRY(reader.trial(row.id)), .token_gaps = {}, .answers = {}};
    trial.detail.row = row;
    const auto observations = TANDEM_TRY(reader.observations(row.id));
    constexpr std::size_t most_points = 256;
    trial.token_gaps = thinned(token_gaps(observations), most_points);
    trial.answers = answers_of(observations, trial.detail.job_json);
    return trial;
}

}  // namespace

std::vector<std::pair<double, double>> token_gaps(const std::vector<Observation>& observations) {
    struct Last {
        std::int64_t index = -1;
        std::int64_t time_ns = 0;
    };
    constexpr double ns_per_ms = 1e6;
    std::map<std::int64_t, Last> last;  // by repetition
    std::map<std::int64_t, std::vector<double>> gaps;
    for (const Observation& observation : observations) {
        if (observation.kind != ObservationKind::token || observation.repetition < 0) {
            continue;
        }
        Last& before = last[observation.repetition];
        if (before.index >= 0 && observation.index == before.index + 1) {
            gaps[observation.index].push_back(static_cast<double>(observation.time_ns - before.time_ns) / ns_per_ms);
        }
        before = {observation.index, observation.time_ns};
    }
    std::vector<std::pair<double, double>> points;
    points.reserve(gaps.size());
    for (auto& [index, values] : gaps) {
        points.emplace_back(static_cast<double>(index), median(std::move(values)));
    }
    return points;
}

std::vector<std::pair<double, double>> thinned(const std::vector<std::pair<double, double>>& points, std::size_t most) {
    if (points.size() <= most || most == 0) {
        return points;
    }
    std::vector<std::pair<double, double>> kept;
    kept.reserve(most);
    for (std::size_t bin = 0; bin < most; ++bin) {
        const std::size_t begin = bin * points.size() / most;
        const std::size_t end = (bin + 1) * points.size() / most;
        std::vector<double> values;
        double place = 0;
        for (std::size_t i = begin; i < end; ++i) {
            values.push_back(points[i].second);
            place += points[i].first;
        }
        kept.emplace_back(place / static_cast<double>(end - begin), median(std::move(values)));
    }
    return kept;
}

Result<ReportData> gather_report(ResultsReader& reader, const std::string& experiment, const ReportProgress& progress) {
    ReportData data;
    data.experiment = experiment;
    std::string known;
    auto experiments = TANDEM_TRY(reader.experiments());
    for (ExperimentRow& row : experiments) {
        if (row.name == experiment) {
            data.versions.push_back(std::move(row));
        } else if (known.find("'" + row.name + "'") == std::string::npos) {
            known += (known.empty() ? "'" : ", '") + row.name + "'";
        }
    }
    if (data.versions.empty()) {
        return Error{.code = "EXPERIMENT_NOT_FOUND",
                     .message = "no experiment is called '" + experiment + "'; stored are: " +
                                (known.empty() ? std::string("none yet, `tandem run FILE` stores some") : known),
                     .where = "--experiment",
                     .kind = ErrorKind::bad_input};
    }
    data.description = data.versions.back().description;
    data.trials = TANDEM_TRY(reader.trials({.experiment = experiment, .filters = {}}));
    const std::size_t detailed = std::min(data.trials.size(), most_detailed_trials);
    for (std::size_t i = 0; i < detailed; ++i) {
        data.details.push_back(TANDEM_TRY(read_trial(reader, data.trials[i])));
        if (progress) {
            progress(i + 1, detailed);
        }
    }
    return data;
}

}  // namespace tandem::report
