// tandem score: what texts are worth against references, with intervals, and whether two systems differ. Needs no
// model.
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "app/cli/command.h"
#include "app/cli/interrupt.h"
#include "app/cli/output.h"
#include "app/cli/score_text.h"
#include "engine/evaluation/scorers.h"
#include "engine/evaluation/significance.h"

namespace tandem::cli {
namespace {

using nlohmann::ordered_json;

struct ScoreArguments {
    std::string hypotheses, against, test = "bootstrap";
    std::vector<std::string> references, metrics;
    std::size_t samples = 0;  // 0: the test's own default
    std::uint64_t seed = 12345;
    bool segments = false;
    bool json = false;
};

struct Scored {
    std::string metric;
    Score score;
    std::optional<ScoreInterval> interval;  // of two segments or more
    std::optional<Score> other;             // of --against
    std::optional<PairedTest> test;
    std::optional<Disagreement> mcnemar;
};

Result<std::vector<Segment>> read_segments(const std::string& hypotheses, const ScoreArguments& arguments) {
    std::vector<Segment> segments;
    for (std::string& text : TANDEM_TRY(read_texts(hypotheses))) {
        segments.push_back({.hypothesis = std::move(text)});
    }
    for (const std::string& file : arguments.references) {
        auto texts = TANDEM_TRY(read_texts(file));
        if (texts.size() != segments.size()) {
            return Error{.code = "SCORE_INPUT",
                         .message = "found " + std::to_string(texts.size()) + " lines, need " +
                                    std::to_string(segments.size()) + " as in " + hypotheses + "; nothing was scored",
                         .where = file,
                         .kind = ErrorKind::bad_input};
        }
        for (std::size_t i = 0; i < texts.size(); ++i) {
            segments[i].references.push_back(std::move(texts[i]));
        }
    }
    return segments;
}

Result<Scored> score_one(const std::string& metric, const std::vector<Segment>& segments,
                         const std::vector<Segment>& others, const ScoreArguments& arguments,
                         const std::stop_token& stop) {
    Scored scored{.metric = metric, .score = TANDEM_TRY(score(metric, segments))};
    const Resampling resampling{.samples = arguments.samples > 0 ? arguments.samples : 1000, .seed = arguments.seed};
    if (segments.size() > 1) {
        scored.interval = TANDEM_TRY(bootstrap(scored.score, resampling, stop));
    }
    if (others.empty()) {
        return scored;
    }
    scored.other = TANDEM_TRY(score(metric, others));
    if (arguments.test == "bootstrap") {
        scored.test = TANDEM_TRY(paired_bootstrap(*scored.other, scored.score, resampling, stop));
    } else {
        const std::size_t trials = arguments.samples > 0 ? arguments.samples : 10000;
        scored.test = TANDEM_TRY(
            paired_randomisation(*scored.other, scored.score, {.samples = trials, .seed = arguments.seed}, stop));
    }
    if (scored.score.name == "exact_match") {
        scored.mcnemar = TANDEM_TRY(mcnemar(*scored.other, scored.score));
    }
    return scored;
}

ordered_json segments_json(const Score& score) {
    ordered_json values = ordered_json::array();
    for (std::size_t i = 0; i < score.rows.size(); ++i) {
        values.push_back(score.segment_value(i));
    }
    return values;
}

ordered_json scored_json(const Scored& scored, const ScoreArguments& arguments) {
    ordered_json row = {{"metric", scored.metric},
                        {"name", scored.score.name},
                        {"value", scored.score.value},
                        {"ci95_low", scored.interval ? ordered_json(scored.interval->low) : ordered_json()},
                        {"ci95_high", scored.interval ? ordered_json(scored.interval->high) : ordered_json()},
                        {"higher_is_better", scored.score.higher_is_better},
                        {"signature", scored.score.signature}};
    if (arguments.segments) {
        row["segments"] = segments_json(scored.score);
    }
    if (scored.test) {
        const bool bootstrapped = arguments.test == "bootstrap";
        const auto or_null = [&](double number) { return bootstrapped ? ordered_json(number) : ordered_json(nullptr); };
        row["against"] = {{"value", scored.other->value},
                          {"difference", scored.test->difference},
                          {"ci95_low", or_null(scored.test->low)},
                          {"ci95_high", or_null(scored.test->high)},
                          {"p", scored.test->p},
                          {"signature", scored.test->signature}};
        if (arguments.segments) {
            row["against"]["segments"] = segments_json(*scored.other);
        }
        if (scored.mcnemar) {
            row["against"]["mcnemar"] = {{"only_this", scored.mcnemar->only_system},
                                         {"only_against", scored.mcnemar->only_baseline},
                                         {"p", scored.mcnemar->p}};
        }
    }
    return row;
}

std::string scored_text(const Scored& scored, const ScoreArguments& arguments) {
    const std::string interval =
        scored.interval ? "95 % " + score_number(scored.interval->low) + " to " + score_number(scored.interval->high)
                        : "one segment, no interval";
    std::string text = scored.score.name + " = " + score_number(scored.score.value) + " (" + interval + ")  " +
                       scored.score.signature + "\n";
    if (arguments.segments) {
        for (std::size_t i = 0; i < scored.score.rows.size(); ++i) {
            text += "  " + std::to_string(i + 1) + "  " + score_number(scored.score.segment_value(i)) + "\n";
        }
    }
    if (scored.test) {
        text +=
            "  against " + score_number(scored.other->value) + ": difference " + score_number(scored.test->difference);
        if (arguments.test == "bootstrap") {
            text += " (95 % " + score_number(scored.test->low) + " to " + score_number(scored.test->high) + ")";
        }
        text += ", p = " + p_number(scored.test->p) + "  " + scored.test->signature + "\n";
    }
    if (scored.mcnemar) {
        text += "  right here only " + std::to_string(scored.mcnemar->only_system) + ", there only " +
                std::to_string(scored.mcnemar->only_baseline) + ": McNemar's exact p = " + p_number(scored.mcnemar->p) +
                "\n";
    }
    return text;
}

Result<void> run_score(const ScoreArguments& arguments) {
    std::vector<std::string> metrics;
    for (const std::string& list : arguments.metrics) {
        const auto names = metric_names(list);
        metrics.insert(metrics.end(), names.begin(), names.end());
    }
    for (const std::string& metric : metrics) {  // before any file is read
        if (auto made = make_scorer(metric); !made) {
            return made.error();
        }
    }
    const Interrupts interrupts;
    const auto segments = TANDEM_TRY(read_segments(arguments.hypotheses, arguments));
    std::vector<Segment> others;
    if (!arguments.against.empty()) {
        others = TANDEM_TRY(read_segments(arguments.against, arguments));
        if (others.size() != segments.size()) {
            return Error{.code = "SCORE_INPUT",
                         .message = "found " + std::to_string(others.size()) + " lines, need " +
                                    std::to_string(segments.size()) + " as in " + arguments.hypotheses +
                                    "; nothing was scored",
                         .where = arguments.against,
                         .kind = ErrorKind::bad_input};
        }
    }
    ordered_json rows = ordered_json::array();
    for (const std::string& metric : metrics) {
        if (segments.size() >= segments_worth_telling) {
            tell("scoring " + std::to_string(segments.size()) + " segments by " + metric + " ...");
        }
        const auto scored = TANDEM_TRY(score_one(metric, segments, others, arguments, interrupts.token()));
        if (arguments.json) {
            rows.push_back(scored_json(scored, arguments));
        } else if (auto written = write_out(scored_text(scored, arguments)); !written) {
            return written;
        }
    }
    if (!arguments.json) {
        return {};
    }
    ordered_json document = {{"hypotheses", arguments.hypotheses},
                             {"references", arguments.references},
                             {"segments", segments.size()},
                             {"interval",
                              {{"method", "percentile bootstrap over segments"},
                               {"samples", arguments.samples > 0 ? arguments.samples : 1000},
                               {"seed", arguments.seed}}},
                             {"scores", std::move(rows)}};
    if (!arguments.against.empty()) {
        document["against"] = arguments.against;
        document["test"] = arguments.test;
    }
    return write_json(document);
}

}  // namespace

void declare_score(CLI::App& program, CommandLine& line) {
    auto* command =
        program.add_subcommand("score", "Score texts against references: BLEU, chrF, TER, ROUGE, exact match");
    const auto arguments = std::make_shared<ScoreArguments>();
    command
        ->add_option("--hypotheses", arguments->hypotheses, "What a system said, one text a line; - is standard input")
        ->required()
        ->type_name("FILE");
    command
        ->add_option("--references", arguments->references, "What was right, line for line; several files for several")
        ->required()
        ->expected(1, 64)
        ->type_name("FILE");
    command->add_option("--metric", arguments->metrics, "Scores by name, with commas between them; may be repeated")
        ->default_val(std::vector<std::string>{"bleu,chrf,rouge1,rouge2,rougeL"})
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->type_name("NAME[:OPTION=VALUE],...");
    command->add_option("--against", arguments->against, "Another system's texts: tests whether the two differ")
        ->type_name("FILE");
    command->add_option("--test", arguments->test, "How --against is tested")
        ->check(CLI::IsMember({"bootstrap", "randomisation"}))
        ->capture_default_str();
    command->add_option("--samples", arguments->samples, "Resamples (default: 1000; 10000 for the randomisation)")
        ->check(CLI::Range(std::size_t{1}, std::size_t{1'000'000}));
    command->add_option("--seed", arguments->seed, "Seed of the resampling")->capture_default_str();
    command->add_flag("--segments", arguments->segments, "The score of each line as well");
    command->add_flag("--json", arguments->json, "One JSON document");
    std::string footer =
        "Whitespace at the end of a line is not part of its text. A file ending in .jsonl has one JSON string a line, "
        "for "
        "texts with line ends (rougeLsum).\nScores and their options, as in --metric "
        "bleu:tok=zh:lowercase=yes,rougeL:\n";
    for (const ScorerRow& row : scorers()) {
        footer += "  " + std::string(row.name) + ": " + std::string(row.doc) + " (" + std::string(row.options) + ")\n";
    }
    command->footer(footer);
    command->callback([&line, arguments] {
        line.action = [arguments] {
            const auto done = run_score(*arguments);
            return done ? static_cast<int>(exit_done) : fail(done.error(), arguments->json);
        };
    });
}

}  // namespace tandem::cli
