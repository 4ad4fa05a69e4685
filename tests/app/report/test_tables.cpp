#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "app/report/table_formats.h"
#include "tests/app/report/table_rows.h"

namespace tandem::report {
namespace {

using report_test::failed_row;
using report_test::trial_row;

std::vector<TrialRow> example() {
    return {trial_row(1, "f32", 1, {20, 21, 22, 21, 21}), trial_row(2, "int8", 1, {10, 11, 10.5, 10.2, 10.3}),
            failed_row(3)};
}

ResultTable table_of(const std::vector<TrialRow>& trials, Seeds seeds = Seeds::apart) {
    return make_table(result_rows(trials, seeds));
}

std::vector<std::string> headings(const ResultTable& table) {
    std::vector<std::string> found;
    for (const TableColumn& column : table.columns) {
        found.push_back(column.heading);
    }
    return found;
}

TEST(ResultTables, GiveColumnsOnlyToWhatVaries) {
    const ResultTable table = table_of(example());
    EXPECT_EQ(headings(table), (std::vector<std::string>{"trial", "dtype", "state", "first token", "weights"}));
    EXPECT_EQ(table.shared, (std::vector<std::pair<std::string, std::string>>{{"experiment", "quick"},
                                                                              {"pairing", "small"},
                                                                              {"model", "smollm"},
                                                                              {"target", "here"},
                                                                              {"workload", "speed"},
                                                                              {"new_tokens", "32"},
                                                                              {"seed", "1"}}));
}

TEST(ResultTables, PrintAsAlignedText) {
    EXPECT_EQ(to_text(table_of(example()), {}),
              "experiment: quick  pairing: small  model: smollm  target: here  workload: speed  new_tokens: 32  "
              "seed: 1\n\n"
              "trial         dtype  state                  first token  weights\n"
              "                                                     ms      MiB\n"
              "000000010000  f32    done                  21.00 ± 0.88    96.00\n"
              "000000020000  int8   done                  10.40 ± 0.47    96.00\n"
              "000000030000  f32    failed WORKER_KILLED\n"
              "mean ± half of its 95 % confidence interval (Student's t) over n = 5 repetitions\n");
}

TEST(ResultTables, ShowScoresWithTheirBootstrapBehindTheFixedMetrics) {
    auto trials = example();
    for (TrialRow& trial : trials) {
        if (trial.state == "done") {
            MetricSummary score{.name = "bleu", .n = 5};
            score.mean = 20.5;
            score.ci95_low = 19;
            score.ci95_high = 21;
            trial.metrics.emplace("bleu", score);
        }
    }
    const ResultTable table = table_of(trials);
    EXPECT_EQ(headings(table).back(), "BLEU");
    EXPECT_EQ(table.rows[0].back().text, "20.50 ± 1.00");
    ASSERT_EQ(table.notes.size(), 2U);
    EXPECT_NE(table.notes[1].find("bootstrap"), std::string::npos);
    const std::string csv = to_csv(result_rows(trials, Seeds::apart));
    EXPECT_NE(csv.find("bleu_mean"), std::string::npos) << csv;
    EXPECT_NE(csv.find("bleu_ci95_high"), std::string::npos) << csv;
}

TEST(ResultTables, FitTheTerminalAndNameWhatIsLeftOut) {
    auto trials = example();
    for (TrialRow& trial : trials) {
        if (trial.state == "done") {
            for (const char* name : {"load_ms", "end_to_end_ms", "kv_cache_bytes"}) {
                trial.metrics[name] = summarise(name, {100, 101, 102, 103, 104});
            }
        }
    }
    const std::string text = to_text(table_of(trials), {.width = 60, .colour = false});
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        EXPECT_LE(line.size(), 60U + 3) << line;  // "±" and "…" take more bytes than cells
    }
    EXPECT_NE(text.find("left out to fit 60 columns: KV cache, end to end, load;"), std::string::npos) << text;
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

TEST(ResultTables, AreColouredOnlyWhereAsked) {
    const std::string text = to_text(table_of(example()), {.width = 0, .colour = true});
    EXPECT_NE(text.find("\x1b[1;32m10.40 ± 0.47\x1b[0m"), std::string::npos) << text;
    EXPECT_NE(text.find("\x1b[31mfailed WORKER_KILLED\x1b[0m"), std::string::npos);
}

TEST(ResultTables, MergeSeedsToTheMeanOverTrials) {
    const std::vector<TrialRow> trials{trial_row(1, "f32", 1, {20, 22}), trial_row(2, "f32", 2, {24, 26}),
                                       trial_row(3, "f32", 3, {27, 29}), trial_row(4, "int8", 1, {5, 7})};
    const auto rows = result_rows(trials, Seeds::merged);
    ASSERT_EQ(rows.size(), 2U);
    const MetricSummary& merged = rows[0].trial.metrics.at("ttft_ms");
    const MetricSummary expected = summarise("ttft_ms", {21, 25, 28});
    EXPECT_EQ(merged.n, 3);
    EXPECT_EQ(merged.mean, expected.mean);
    EXPECT_EQ(merged.sd, expected.sd);
    EXPECT_EQ(merged.ci95_low, expected.ci95_low);
    EXPECT_EQ(rows[0].seeds, (std::vector<std::uint64_t>{1, 2, 3}));
    EXPECT_EQ(rows[1].trial.metrics.at("ttft_ms").n, 2) << "a single trial keeps its own repetitions";
    const std::string text = to_text(make_table(rows), {});
    EXPECT_NE(text.find("000000010000 +2"), std::string::npos) << text;
    EXPECT_NE(text.find("3 seeds"), std::string::npos);
}

TEST(ResultTables, SayHowManyOfMergedSeedsFailed) {
    TrialRow failed = failed_row(2);
    failed.seed = 2;
    const auto rows = result_rows({trial_row(1, "f32", 1, {20, 22}), failed}, Seeds::merged);
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0].trial.state, "1 done, 1 failed");
    EXPECT_EQ(rows[0].trial.error_code, "WORKER_KILLED");
    EXPECT_EQ(rows[0].trial.metrics.at("ttft_ms").n, 2);
}

TEST(ResultTables, NameNothingBestAmongDifferentWorkloads) {
    TrialRow other = trial_row(2, "int8", 1, {5, 7});
    other.workload = "answers";
    for (const auto& row : table_of({trial_row(1, "f32", 1, {20, 22}), other}).rows) {
        for (const TableCell& cell : row) {
            EXPECT_NE(cell.tone, Tone::best) << cell.text;
        }
    }
}

TEST(ResultTables, LabelRowsByWhatTellsThemApart) {
    auto trials = example();
    trials[1].settings[1].second = "64";
    EXPECT_EQ(row_labels(result_rows(trials, Seeds::apart)), (std::vector<std::string>{"f32", "int8", "f32"}));
    trials[2].settings[1].second = "128";
    EXPECT_EQ(row_labels(result_rows(trials, Seeds::apart)),
              (std::vector<std::string>{"f32, new_tokens 32", "int8, new_tokens 64", "f32, new_tokens 128"}));
}

TEST(Markdown, IsATableWithEscapedCells) {
    auto trials = example();
    trials[0].settings[0].second = "a|b_c";
    EXPECT_EQ(to_markdown(table_of(trials)),
              "experiment: quick, pairing: small, model: smollm, target: here, workload: speed, new\\_tokens: 32, "
              "seed: 1\n\n"
              "| trial | dtype | state | first token (ms) | weights (MiB) |\n"
              "| --- | --- | --- | ---: | ---: |\n"
              "| 000000010000 | a\\|b\\_c | done | 21.00 ± 0.88 | **96.00** |\n"
              "| 000000020000 | int8 | done | **10.40 ± 0.47** | **96.00** |\n"
              "| 000000030000 | f32 | failed WORKER\\_KILLED |  |  |\n\n"
              "mean ± half of its 95 % confidence interval (Student's t) over n = 5 repetitions\n");
}

TEST(Latex, IsABooktabsTableWithTheBestInBold) {
    EXPECT_EQ(to_latex(table_of(example())),
              "% needs \\usepackage{booktabs}; with pdfLaTeX also \\usepackage[T1]{fontenc}\n"
              "% experiment: quick\n% pairing: small\n% model: smollm\n% target: here\n% workload: speed\n"
              "% new_tokens: 32\n% seed: 1\n"
              "% mean ± half of its 95 % confidence interval (Student's t) over n = 5 repetitions\n"
              "\\begin{tabular}{lllrr}\n\\toprule\n"
              "trial & dtype & state & first token & weights \\\\\n"
              " &  &  & ms & MiB \\\\\n\\midrule\n"
              "000000010000 & f32 & done & 21.00 $\\pm$ 0.88 & \\textbf{96.00} \\\\\n"
              "000000020000 & int8 & done & \\textbf{10.40 $\\pm$ 0.47} & \\textbf{96.00} \\\\\n"
              "000000030000 & f32 & failed WORKER\\_KILLED &  &  \\\\\n"
              "\\bottomrule\n\\end{tabular}\n");
}

TEST(Latex, EscapesEverySpecialCharacter) {
    EXPECT_EQ(latex_escaped("a_b & 50% $x #1 {y} ~ ^ \\ < > | \""),
              "a\\_b \\& 50\\% \\$x \\#1 \\{y\\} \\textasciitilde{} \\textasciicircum{} \\textbackslash{} "
              "\\textless{} \\textgreater{} \\textbar{} \\textquotedbl{}");
}

TEST(Csv, FollowsRfc4180) {
    const std::string csv = to_csv(result_rows({failed_row(3)}, Seeds::apart));
    EXPECT_NE(csv.find(",WORKER_KILLED,\"the worker was killed, \"\"hard\"\"\",f32,32\r\n"), std::string::npos) << csv;
    EXPECT_TRUE(csv.starts_with(
        "trial,experiment,pairing,model,partner,baseline,target,workload,kind,seed,state,attempts,started_at,"
        "finished_at,error_code,error_message,load.dtype,workloads.speed.new_tokens\r\n"));
}

TEST(JsonLines, HoldOneObjectARowWithNullForWhatIsAbsent) {
    std::istringstream lines(to_jsonl(result_rows(example(), Seeds::apart)));
    std::vector<nlohmann::json> rows;
    for (std::string line; std::getline(lines, line);) {
        rows.push_back(nlohmann::json::parse(line));
    }
    ASSERT_EQ(rows.size(), 3U);
    EXPECT_EQ(rows[0]["metrics"]["ttft_ms"]["n"], 5);
    EXPECT_EQ(rows[0]["metrics"]["ttft_ms"]["mean"].get<double>(), 21.0);
    EXPECT_TRUE(rows[0]["metrics"]["ttft_ms"]["p90"].is_null());
    EXPECT_EQ(rows[1]["settings"]["load.dtype"], "int8");
    EXPECT_TRUE(rows[0]["error"].is_null());
    EXPECT_EQ(rows[2]["error"]["code"], "WORKER_KILLED");
}

}  // namespace
}  // namespace tandem::report
