// tandem bench: prefill and decode of one model, timed in a worker of its own.
#include <array>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "app/cli/interrupt.h"
#include "app/cli/knob_options.h"
#include "app/cli/output.h"
#include "app/cli/run_progress.h"
#include "app/cli/single_job.h"
#include "app/cli/status_line.h"
#include "app/cli/text_table.h"
#include "app/report/metric_format.h"
#include "app/runner/runner.h"

namespace tandem::cli {
namespace {

using nlohmann::ordered_json;

struct BenchArguments {
    SingleArguments single;
    BenchmarkWorkload workload;
};

std::string number(const std::optional<double>& value) {
    if (!value) {
        return "-";
    }
    std::array<char, 48> text{};
    (void)std::snprintf(text.data(), text.size(), std::abs(*value) >= 1e6 ? "%.0f" : "%.4g", *value);
    return text.data();
}

std::string bench_text(const ModelFacts& facts, const SingleRun& run) {
    TextTable table({{"metric"},
                     {"n", Align::right},
                     {"mean", Align::right},
                     {"sd", Align::right},
                     {"95 % interval", Align::right},
                     {"min", Align::right},
                     {"max", Align::right}});
    for (const MetricSummary& metric : run.report.metrics) {
        if (metric.n == 0) {
            continue;
        }
        table.add({metric.name, std::to_string(metric.n), number(metric.mean), number(metric.sd),
                   metric.ci95_low ? number(metric.ci95_low) + " .. " + number(metric.ci95_high) : "-",
                   number(metric.min), number(metric.max)});
    }
    TextTable about({{""}, {""}});
    about.add({"file", facts.location});
    for (const Fact& fact : run.report.facts) {
        about.add({fact.name, fact.value});
    }
    return about.text() + "\n" + table.text();
}

int bench(BenchArguments& arguments) {
    SingleArguments& single = arguments.single;
    single.job.workload = arguments.workload;
    const auto facts = resolve_model(single);
    if (!facts) {
        return fail(facts.error(), single.json);
    }
    for (const std::string& warning : machine_warnings()) {
        warn(warning);
    }
    StatusLine status;
    const Interrupts interrupts;
    std::string what = "loading";
    double fraction = 0;
    TokenRate rate;
    const auto show = [&] {
        constexpr int bar_columns = 24;
        std::string text = progress_bar(fraction, bar_columns) + "  " + what;
        if (rate.per_second() > 0) {
            text += "  " + std::to_string(std::lround(rate.per_second())) + " tokens/s";
        }
        status.show(text);
    };
    show();
    const SingleListener listener{.observed =
                                      [&](const Observation& observation) {
                                          if (observation.kind == ObservationKind::token) {
                                              rate.add(observation.time_ns);
                                          }
                                          show();
                                      },
                                  .progressed =
                                      [&](const Progress& progress) {
                                          what = progress.what;
                                          fraction = progress.fraction;
                                          show();
                                      }};
    const auto run = run_single(single.job, single.worker, listener, interrupts.token());
    status.clear();
    if (!run) {
        return fail(run.error(), single.json);
    }
    warn_of_weights(*run, *facts);
    if (single.json) {
        ordered_json document{{"model", facts_json(*facts)}};
        if (single.trained) {
            document["pairing"] = pairing_json(single);
        }
        document.update({{"settings", settings_json(single.job)},
                         {"metrics", metrics_json(run->report)},
                         {"facts", facts_json(run->report)}});
        return finish(write_json(document));
    }
    return finish(write_out(bench_text(*facts, *run)));
}

}  // namespace

void declare_bench(CLI::App& program, CommandLine& line) {
    auto* command = program.add_subcommand(
        "bench", "Time a model: a synthetic prompt of fixed length, then new tokens, repeated; nothing is stored");
    const auto arguments = std::make_shared<BenchArguments>();
    BenchmarkWorkload::visit(arguments->workload, [&](const FieldInfo& info, auto& field) {
        const std::string names = info.name == "prompt_tokens" ? "-p,--prompt-tokens"
                                  : info.name == "new_tokens"  ? "-n,--new-tokens"
                                  : info.name == "repetitions" ? "-r,--repetitions"
                                                               : "";
        add_knob(*command, info, field, names);
    });
    command->add_option("--seed", arguments->single.job.seed, "Chooses the synthetic prompt")->capture_default_str();
    add_single_options(*command, arguments->single);
    add_pairing_options(*command, arguments->single);
    command->callback([&line, arguments] { line.action = [arguments] { return bench(*arguments); }; });
}

}  // namespace tandem::cli
